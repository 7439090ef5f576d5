// Ready lines for the programs that people watch cameras with.

export interface StreamUrls {
  rtsp?: string;
  hls?: string;
  webrtc?: string;
  preview?: string;
}

export const KEY = "API_KEY";

/** A URL whose short-lived ticket is replaced by a place for an API key, which lasts. */
export function lasting(url: string, parameter: "token" | "ticket" = "token"): string {
  return `${url.split("?")[0] ?? url}?${parameter}=${KEY}`;
}

/** For a shell: a text between single quotes is taken as it is. */
export function quoted(text: string): string {
  return `'${text.replace(/'/g, `'\\''`)}'`;
}

/** For YAML: a name as JSON has it is one there too. */
const yaml = (text: string) => JSON.stringify(text);

export interface Line {
  program: string;
  text: string;
}

/** A name that YAML takes as a key. */
function keyOf(name: string, device: string): string {
  const key = name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
  return key || device;
}

export function readyLines(name: string, device: string, urls: StreamUrls): Line[] {
  const lines: Line[] = [];
  if (urls.rtsp) {
    const now = urls.rtsp;
    const rtsp = lasting(now);
    lines.push(
      { program: "VLC", text: `vlc ${quoted(now)}` },
      { program: "ffplay", text: `ffplay -rtsp_transport tcp ${quoted(now)}` },
      { program: "OBS", text: rtsp },
      {
        program: "Frigate",
        text:
          `cameras:\n  ${keyOf(name, device)}:\n    ffmpeg:\n      inputs:\n` +
          `        - path: ${yaml(rtsp)}\n          input_args: preset-rtsp-restream\n          roles: [detect, record]`,
      },
    );
    if (urls.preview) {
      lines.push({
        program: "Home Assistant",
        text: `stream_source: ${yaml(rtsp)}\nstill_image_url: ${yaml(urls.preview.split("?")[0] ?? "")}\nname: ${yaml(name)}`,
      });
    }
  }
  if (urls.webrtc && urls.preview) {
    lines.push({
      program: "Mainsail / Fluidd",
      text:
        `[webcam ${keyOf(name, device)}]\nservice: webrtc-mediamtx\n` +
        `stream_url: ${urls.webrtc.split("?")[0] ?? ""}\nsnapshot_url: ${lasting(urls.preview, "ticket")}`,
    });
  }
  return lines;
}
