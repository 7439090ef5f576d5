// A link that downloads a file: with its progress, where the page can hold it.

import type { ReactNode } from "react";

import buttons from "../../parts/Button.module.css";
import { classes } from "../../parts/classes";
import { Icon } from "../../parts/Icon";
import { download, isOurs } from "../../state/downloads";

interface DownloadLinkProps {
  url: string;
  filename: string;
  bytes: number;
  /** Its name, for those who hear it. */
  label: string;
  /** Words beside the drawing; without them it is a drawing alone. */
  children?: ReactNode;
}

export function DownloadLink({ url, filename, bytes, label, children }: DownloadLinkProps) {
  return (
    <a
      className={classes(
        buttons.button,
        children ? buttons.plain : buttons.quiet,
        !children && buttons.drawing,
      )}
      href={url}
      download={filename}
      aria-label={label}
      title={label}
      onClick={(event) => {
        if (!isOurs(url, bytes) || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        void download(url, filename, bytes);
      }}
    >
      <Icon name="download" />
      {children}
    </a>
  );
}
