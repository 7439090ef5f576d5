// The page: who is logged in, which cameras there are, and a tile for each.

import { BASE } from "./base.js";
import { Player } from "./player.js";
import { RpcSocket, backOff } from "./socket.js";

const LOGIN_ENDED = 4001;

const element = (id) => document.getElementById(id);
const tiles = new Map();
let socket = null;

// A JSON answer of camsvc: {status, body}; status 0 where there is none.
async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  try {
    const response = await fetch(BASE + path, { cache: "no-store", ...options });
    return { status: response.status, body: await response.json() };
  } catch {
    return { status: 0, body: { error: { message: "camsvc does not answer" } } };
  }
}

function show(name) {
  for (const id of ["login", "renew", "cameras"]) element(id).hidden = id !== name;
  element("who").hidden = name === "login";
  if (name !== "cameras") element("none").hidden = true;
  element({ login: "username", renew: "new-password" }[name])?.focus();
}

function complain(id, words) {
  element(id).textContent = words;
  element(id).hidden = !words;
}

// Login.

async function begin(failures = 0) {
  const { status, body } = await ask("api/session");
  if (status === 200) enter(body);
  else if (status === 401) leave("");
  else {
    element("link").textContent = "camsvc does not answer; trying again …";
    setTimeout(() => begin(failures + 1), backOff(failures));
  }
}

function enter(session) {
  element("link").textContent = "";
  element("user").textContent = `${session.user} (${session.role})`;
  if (session.must_change_password) {
    show("renew");
    return;
  }
  element("password").value = "";
  show("cameras");
  socket?.close();
  socket = new RpcSocket({ opened, lost, told });
}

function leave(words) {
  socket?.close();
  socket = null;
  for (const device of [...tiles.keys()]) drop(device);
  element("link").textContent = "";
  complain("login-words", words);
  show("login");
}

element("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  complain("login-words", "");
  const username = element("username").value, password = element("password").value;
  const { status, body } = await ask("api/login", { username, password, cookie: true });
  if (status === 200) enter(body);
  else complain("login-words", body.error.message);
});

element("renew").addEventListener("submit", async (event) => {
  event.preventDefault();
  const chosen = element("new-password").value;
  if (chosen !== element("same-password").value) {
    complain("renew-words", "The two are not the same.");
    return;
  }
  const old = element("password").value;
  if (!old) { // the page was loaded anew meanwhile
    leave("Log in again with the first password.");
    return;
  }
  const params = { old_password: old, new_password: chosen };
  const { body } = await ask("rpc", { jsonrpc: "2.0", id: 1, method: "change_password", params });
  if (body.error) {
    complain("renew-words", body.error.message);
    return;
  }
  const username = element("username").value;
  const login = await ask("api/login", { username, password: chosen, cookie: true });
  element("new-password").value = element("same-password").value = "";
  if (login.status === 200) enter(login.body);
  else leave("Changed. Log in with the new password.");
});

element("logout").addEventListener("click", async () => {
  await ask("api/logout", {});
  leave("");
});

// Cameras.

async function opened() {
  element("link").textContent = "";
  try {
    const { cameras } = await socket.call("get_camera_list", { });
    const here = new Set(cameras.map((camera) => camera.device));
    for (const device of [...tiles.keys()]) if (!here.has(device)) drop(device);
    cameras.forEach(update);
    element("none").hidden = cameras.length > 0;
  } catch (why) {
    element("link").textContent = why.message;
  }
}

async function lost(code) {
  const { status } = code === LOGIN_ENDED ? { status: 401 } : await ask("api/session");
  if (status === 401) leave("The login has ended. Log in again.");
  else element("link").textContent = "The connection to camsvc was lost; trying again …";
}

function told(method, params) {
  if (method === "camera_status_update") update(params);
}

function update(camera) {
  element("none").hidden = true;
  const tile = tiles.get(camera.device) ?? add(camera.device);
  tile.name.textContent = camera.name;
  tile.image.alt = `The newest picture of ${camera.name}`;
  tile.video.setAttribute("aria-label", `Live video of ${camera.name}`);
  tile.large.setAttribute("aria-label", `${camera.name}: full screen`);
  tile.recording.hidden = !camera.recording;
  const before = tile.state;
  tile.state = camera.status;
  if (camera.status === "DISCONNECTED") {
    if (before !== camera.status) tile.player.rest("Not plugged in");
  } else if (camera.status === "ERROR") {
    tile.player.rest(camera.error ?? "The camera gives no picture");
  } else if (before !== camera.status) {
    tile.player.start();
  }
}

function add(device) {
  const article = element("tile").content.cloneNode(true).firstElementChild;
  article.dataset.device = device;
  const find = (selector) => article.querySelector(selector);
  const screen = find(".screen"), large = find(".large");
  const tile = {
    article, large, name: find("h2"), image: find("img"), video: find("video"), recording: find(".recording"),
    player: new Player(device, article),
  };
  large.addEventListener("click", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else screen.requestFullscreen();
  });
  const number = (name) => Number(name.replace("camera", ""));
  const next = [...element("cameras").children].find((other) => number(other.dataset.device) > number(device));
  element("cameras").insertBefore(article, next ?? null);
  tiles.set(device, tile);
  return tile;
}

function drop(device) {
  const { article, player } = tiles.get(device);
  player.stop();
  article.remove();
  tiles.delete(device);
}

addEventListener("pagehide", () => tiles.forEach(({ player }) => player.stop()));
addEventListener("pageshow", (event) => event.persisted && location.reload());

begin();
