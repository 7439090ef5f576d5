// Code that is loaded when it is first shown. React's own lazy keeps a failure for ever; this one can be asked again.

import { createElement, lazy, type ComponentType } from "react";

const failed = new Set<() => void>();

/** What could not be loaded, code or style, is asked for again when it is shown the next time. */
export function loadAgain(): void {
  // Vite asks for no style of which the document has the link, whether it came or not.
  for (const link of document.querySelectorAll<HTMLLinkElement>("link[rel=stylesheet]"))
    if (link.sheet === null) link.remove();
  for (const each of failed) each();
  failed.clear();
}

export function lazily<Props extends object>(
  code: () => Promise<{ default: ComponentType<Props> }>,
): ComponentType<Props> {
  const make = () =>
    lazy<ComponentType<Props>>(() =>
      code().catch((why: unknown) => {
        failed.add(() => (Loaded = make()));
        throw why;
      }),
    );
  let Loaded = make();
  return function Lazily(props: Props) {
    return createElement(Loaded as ComponentType<Props>, props);
  };
}
