// English: the texts there are. Each part of the page has a file of its own.

import { administration } from "./en/administration";
import { camera } from "./en/camera";
import { cameras } from "./en/cameras";
import { frame } from "./en/frame";
import { library } from "./en/library";
import { reasons } from "./en/reasons";
import { system } from "./en/system";

export const en = {
  ...frame,
  ...cameras,
  ...camera,
  ...library,
  ...system,
  ...administration,
  ...reasons,
} as const;
