// One camera's picture: by the best transport that works, told beside it, started anew whenever it stops moving, and
// left for a better one as soon as that works again.

import { backOff } from "./socket.js";
import { HlsVideo, Pictures, Refused, WebRtc } from "./transports.js";

const TRANSPORTS = [WebRtc, HlsVideo, Pictures];
const CHECK_MS = 1000, STALLED_MS = { WebRTC: 4000, HLS: 8000, Pictures: 12000 };
const RETRY_MS = 60000; // a transport that did not work is left out for so long, then tried beside the one that works
const HIDDEN_MS = 30000; // a page that nobody sees lets its cameras sleep after so long

// Transports that do not work for this browser or in this network: {why, at}, left out until then; the same for all
// cameras.
const failed = new Map();

export class Player {
  // tile: the element with .screen (video, img, .words), .transport and .why, which tell how the camera is shown.
  constructor(device, tile) {
    this.device = device;
    const screen = this.screen = tile.querySelector(".screen");
    this.video = screen.querySelector("video");
    this.image = screen.querySelector("img");
    this.words = screen.querySelector(".words");
    this.label = tile.querySelector(".transport");
    this.why = tile.querySelector(".why");
    this.large = tile.querySelector(".large");
    this.refused = new Map(); // as failed, for this camera alone
    this.failures = 0;
    this.run = 0;
    this.hide = () => {
      clearTimeout(this.unseen);
      if (document.hidden) this.unseen = setTimeout(() => this.pause(), HIDDEN_MS);
      else if (this.paused) this.start();
    };
    document.addEventListener("visibilitychange", this.hide);
  }

  // Show it; why: what to say meanwhile.
  async start(why = "") {
    const run = ++this.run;
    this.end();
    this.paused = false;
    this.say(why || "Waiting for the picture …");
    const reasons = [];
    for (const Transport of TRANSPORTS) {
      if (!Transport.possible()) {
        reasons.push({ why: `this browser has no ${Transport.label}` });
        continue;
      }
      const out = this.leftOut(Transport);
      if (out && out.at > Date.now()) {
        reasons.push({ why: out.why });
        continue;
      }
      const transport = this.transport = new Transport(this.device, this.video, this.image);
      try {
        await transport.start();
      } catch (error) {
        transport.stop();
        if (run !== this.run) return;
        if (error instanceof Refused && error.final) {
          this.later(error.message);
          return;
        }
        if (error instanceof TypeError) { // fetch: camsvc does not answer
          this.later("camsvc does not answer");
          return;
        }
        reasons.push({ why: error.message, notes: error instanceof Refused ? this.refused : failed });
        continue;
      }
      if (run !== this.run) {
        transport.stop();
        return;
      }
      this.shown(Transport, reasons);
      return;
    }
    this.later(reasons.at(-1).why);
  }

  // The picture moves. Transports that came before it have failed while this one works: they are at fault, not the
  // camera.
  shown(Transport, reasons) {
    const at = Date.now() + RETRY_MS;
    reasons.forEach(({ why, notes }, number) => notes?.set(TRANSPORTS[number].label, { why, at }));
    failed.delete(Transport.label);
    this.refused.delete(Transport.label);
    this.failures = 0;
    const pictures = Transport === Pictures;
    this.video.hidden = pictures;
    this.image.hidden = !pictures;
    this.screen.classList.add("moving");
    this.say("");
    const slower = { WebRTC: "", HLS: "Some seconds behind: ", Pictures: "One picture a second: " }[Transport.label];
    this.label.hidden = false;
    this.label.textContent = Transport.label;
    this.label.classList.toggle("fallback", reasons.length > 0);
    this.why.hidden = reasons.length === 0;
    this.why.textContent = reasons.length ? `${slower}${reasons.map(({ why }) => why).join("; ")}.` : "";
    this.large.hidden = !document.fullscreenEnabled;
    this.watch(Transport);
  }

  // Look whether frames come, and start anew when they do not; look whether a better transport is worth another try.
  watch(Transport) {
    let frames = this.transport.frames(), since = performance.now();
    this.timer = setInterval(() => {
      const now = this.transport.frames();
      if (now >= 0 && (now !== frames || document.hidden)) {
        frames = now;
        since = performance.now();
        if (!document.hidden) this.better(Transport);
      } else if (now < 0 || performance.now() - since > STALLED_MS[Transport.label]) {
        this.start("The picture stands still; trying again …");
      }
    }, CHECK_MS);
  }

  // Start anew once WebRTC, which has failed, works again. One camera tries it, out of sight; the others follow.
  async better(Transport) {
    if (Transport === WebRtc || !WebRtc.possible() || this.trial) return;
    const out = this.leftOut(WebRtc), run = this.run;
    if (out && out.at > Date.now()) return;
    if (out) {
      out.at = Date.now() + RETRY_MS;
      const video = document.createElement("video");
      Object.assign(video, { muted: true, autoplay: true, playsInline: true });
      const trial = this.trial = new WebRtc(this.device, video);
      try {
        await trial.start();
        failed.delete(WebRtc.label);
        this.refused.delete(WebRtc.label);
      } catch {
        return;
      } finally {
        trial.stop();
        this.trial = null;
      }
    }
    if (run === this.run) this.start();
  }

  leftOut({ label }) {
    return this.refused.get(label) ?? failed.get(label);
  }

  later(words) {
    this.end();
    this.say(words);
    const run = this.run;
    this.retry = setTimeout(() => run === this.run && this.start(words), backOff(this.failures++));
  }

  say(words) {
    if (this.words.textContent !== words) this.words.textContent = words;
  }

  // End the transport that runs; the last picture stays away, as it would pass for a live one.
  end() {
    clearInterval(this.timer);
    clearTimeout(this.retry);
    this.trial?.stop();
    this.transport?.stop();
    this.transport = null;
    this.video.hidden = this.image.hidden = true;
    this.label.hidden = this.why.hidden = this.large.hidden = true;
    this.screen.classList.remove("moving");
  }

  pause() {
    this.run += 1;
    this.end();
    this.paused = true;
    this.say("Paused while this page was out of sight");
  }

  // Say why there is no picture, and try no more until start().
  rest(words) {
    this.run += 1;
    this.end();
    this.paused = false;
    this.say(words);
  }

  stop() {
    clearTimeout(this.unseen);
    document.removeEventListener("visibilitychange", this.hide);
    this.rest("");
  }
}
