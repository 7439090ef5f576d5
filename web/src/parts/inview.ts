// Whether an element is in view, or close to it.

import { useEffect, useState, type RefObject } from "react";

/** It counts as out of view only after a second, so that scrolling past stops nothing. */
const GONE_MS = 1000;

export function useInView(element: RefObject<Element | null>, margin = "200px"): boolean {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    const here = element.current;
    if (!here) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        clearTimeout(timer);
        if (entries.at(-1)?.isIntersecting) setSeen(true);
        else timer = setTimeout(() => setSeen(false), GONE_MS);
      },
      { rootMargin: margin },
    );
    observer.observe(here);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
    };
  }, [element, margin]);
  return seen;
}
