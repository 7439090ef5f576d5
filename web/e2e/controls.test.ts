// What a plugged-in camera has besides its picture: controls that are set and followed, and a microphone that is silent.

import assert from "node:assert/strict";

import { assertMoves } from "./harness/pictures.ts";
import { assertAccessible, assertFits, scene } from "./harness/scenario.ts";
import { eventually, type Stand } from "./harness/stand.ts";

/** Their numbers in V4L2 (videodev2.h). */
const BRIGHTNESS = 0x980900;
const AUTO_WHITE_BALANCE = 0x98090c;
const AUTO_EXPOSURE = 0x9a0901;
const ZOOM = 0x9a090d;

const scenario = scene({ cameras: ["North gate"], hardware: true });

const newest = async (stand: Stand, control: number) =>
  (await stand.do<[number, number][]>("controls_set")).filter(([number]) => number === control).at(-1)?.[1];

scenario(
  "what is moved on the page is set at the camera, and what others set is seen",
  async ({ stand, open }) => {
    const { page } = await open({ login: await stand.user("operator", "ann"), at: "/camera/camera0" });
    const controls = page.getByRole("region", { name: "Picture controls" });
    const slider = controls.getByRole("slider", { name: "Brightness" });
    await slider.fill("40");
    await eventually(async () => (await newest(stand, BRIGHTNESS)) === 40);
    await assertAccessible(page, "a camera with controls");
    await stand.do("set_elsewhere", { control: BRIGHTNESS, value: -7 });
    await eventually(async () => (await slider.inputValue()) === "-7");
    // One that an automatic control has can be moved once that lets go of it.
    const exposure = controls.getByRole("slider", { name: "Exposure Time" });
    assert.equal(await exposure.isDisabled(), true);
    await controls.getByLabel("Auto Exposure").selectOption("Manual Mode");
    await eventually(async () => (await newest(stand, AUTO_EXPOSURE)) === 1);
    await eventually(() => exposure.isEnabled());
    await controls.getByRole("switch", { name: "White Balance, Automatic" }).uncheck();
    await eventually(async () => (await newest(stand, AUTO_WHITE_BALANCE)) === 0);
    // A camera that does something else says so.
    await controls.getByRole("slider", { name: "Zoom" }).fill("9");
    await eventually(async () => (await newest(stand, ZOOM)) === 9);
    await page.getByRole("region", { name: "Messages" }).getByText(/Zoom/).waitFor();
    await eventually(async () => (await controls.getByRole("slider", { name: "Zoom" }).inputValue()) === "5");
  },
);

scenario("a profile is saved, set and deleted; all goes back to the defaults", async ({ stand, open }) => {
  const { page } = await open({ login: await stand.user("admin", "bob"), at: "/camera/camera0" });
  const controls = page.getByRole("region", { name: "Picture controls" });
  const slider = controls.getByRole("slider", { name: "Brightness" });
  await slider.fill("21");
  await eventually(async () => (await newest(stand, BRIGHTNESS)) === 21);
  await controls.getByRole("button", { name: "Save as a profile" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("night");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  const profile = controls.getByRole("button", { name: "night", exact: true });
  await profile.waitFor();
  await controls.getByRole("button", { name: "All back to their defaults" }).click();
  await eventually(async () => (await newest(stand, BRIGHTNESS)) === 0);
  await eventually(async () => (await slider.inputValue()) === "0");
  await profile.click();
  await eventually(async () => (await slider.inputValue()) === "21");
  assert.equal(await newest(stand, BRIGHTNESS), 21);
  await controls.getByRole("button", { name: "Delete a profile" }).click();
  await page.getByRole("menuitem", { name: "night" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await profile.waitFor({ state: "detached" });
});

scenario("a viewer sees how controls are, and moves none", async ({ stand, open }) => {
  const viewport = { width: 320, height: 640 };
  const { page } = await open({ login: await stand.user("viewer", "carl"), at: "/camera/camera0", viewport });
  const slider = page
    .getByRole("region", { name: "Picture controls" })
    .getByRole("slider", { name: "Brightness" });
  await slider.waitFor();
  assert.equal(await slider.isDisabled(), true);
  assert.equal(await page.getByRole("button", { name: "Save as a profile" }).count(), 0);
  await assertAccessible(page, "controls of a viewer");
  await assertFits(page, "controls at 320 px");
});

scenario("a microphone that hears nothing says for how long", async ({ stand, open }) => {
  const { page } = await open({ login: await stand.user("operator", "dora"), at: "/camera/camera0" });
  await assertMoves(page.locator("[data-device=camera0]"), "webrtc");
  const details = page.getByRole("region", { name: "Details" });
  await details.getByText(/^silent for/i).waitFor({ timeout: 60_000 });
  const told = await stand.call<{ sound: { silent_s: number } }>("get_camera_status", { device: "camera0" });
  assert.ok(told.sound.silent_s > 0);
});
