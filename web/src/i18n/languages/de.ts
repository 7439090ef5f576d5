// German.

import type { Texts } from "../texts";
import { administration } from "./de/administration";
import { camera } from "./de/camera";
import { cameras } from "./de/cameras";
import { frame } from "./de/frame";
import { library } from "./de/library";
import { reasons } from "./de/reasons";
import { system } from "./de/system";

export const de: Texts = {
  ...frame,
  ...cameras,
  ...camera,
  ...library,
  ...system,
  ...administration,
  ...reasons,
};
