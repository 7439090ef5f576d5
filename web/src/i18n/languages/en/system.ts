// Texts of the page System.

export const system = {
  "system.title": "System",

  "system.health": "Health",
  "system.well": "Everything works.",
  "system.starting": "camsvc is starting.",
  "system.uptime": "Running for {time}.",
  "system.part.websocket_server": "The connection of pages and programs",
  "system.part.websocket_server.do":
    "Restart camsvc; if it comes back, its log says why: journalctl -u camsvc",
  "system.part.camera_monitor": "The watch for cameras that are plugged in",
  "system.part.camera_monitor.do":
    "Cameras that are plugged in now may not appear. Restart camsvc; its log says why: journalctl -u camsvc",
  "system.part.mediamtx": "The media engine",
  "system.part.mediamtx.do":
    "camsvc starts it again by itself. If it stays like this, engine.log in the state folder says why.",
  "system.part.other.do": "The log of camsvc says more: journalctl -u camsvc",
  "system.part.fails": "{part} does not work.",
  "system.part.starts": "{part} is starting.",
  "system.space.low": "The disk is almost full: {used} used, {free} free.",
  "system.space.low.do":
    "Delete what is not needed, or let old recordings go by themselves: Admin, Retention. Below the reserve no recording begins.",
  "system.disk.low": "No recording begins: {free} are free, {needed} are needed.",
  "system.disk.low.do":
    "Delete what is not needed, or set a retention that lets old recordings go: Admin, Retention.",
  "system.disk.full": "The disk is full: recordings under way pause. {free} are free, {needed} are needed.",
  "system.disk.full.do":
    "Make room now: delete recordings, or what else lies on that disk. They go on by themselves.",
  "system.disk.read_only":
    "The disk of the recordings can only be read; {free} of it are free, {needed} would be needed.",
  "system.disk.read_only.do": "Look at the disk and its file system: dmesg says why it was set to read only.",
  "system.disk.gone":
    "The disk of the recordings is not there. {free} are free where it was, {needed} are needed.",
  "system.disk.gone.do": "Mount it again: recordings begin as soon as it is back.",
  "system.disk.foreign":
    "The folder of the recordings is not on the disk that it was on. {free} are free there, {needed} are needed.",
  "system.disk.foreign.do":
    "Mount the disk that was there before. If this one is right, record on it from now on.",
  "system.disk.accept": "Record on this disk",
  "system.disk.accept.ask": "Record on this disk from now on?",
  "system.disk.accept.what":
    "Recordings of the disk before are not listed until it is back. Do this when you have put another disk in on purpose.",
  "system.disk.accepted": "Recordings go to this disk now.",
  "system.disk.failed": "Nothing was changed.",
  "system.camera.error": "{name} gives no picture.",
  "system.camera.error.do": "Plug it out and in again, or look at its cable and its power.",
  "system.other": "camsvc says that something needs a look.",
  "system.other.do":
    "Mostly a camera's stream is being set up, and this passes. If it stays, the log says what it is: journalctl -u camsvc",

  "system.storage": "Storage",
  "system.storage.used": "The disk, {used} used",
  "system.storage.recordings": "Recordings",
  "system.storage.snapshots": "Snapshots",
  "system.storage.other": "Everything else",
  "system.storage.free": "Free",
  "system.storage.left.one": "At the rate of the last days the disk is full in {n} day.",
  "system.storage.left.other": "At the rate of the last days the disk is full in {n} days.",
  "system.storage.rate": "That rate is {rate} a day.",
  "system.storage.today": "At the rate of the last days, {rate} a day, the disk is full within a day.",
  "system.storage.long": "At the rate of the last days, {rate} a day, the disk lasts for years.",
  "system.storage.quiet": "Nothing was recorded in the last {days} days, so the free space stays.",

  "system.load": "Load",
  "system.load.begins": "The line begins as this page looks",
  "system.load.cpu": "Processor",
  "system.load.memory": "Memory",
  "system.load.sent": "Sent to viewers",
  "system.load.viewers": "Viewers",
  "system.load.cameras": "Load by camera",
  "system.load.camera": "Camera",
  "system.load.status": "State",
  "system.load.readers": "Viewers",
  "system.load.fps": "Pictures a second",
  "system.load.bytes": "Sent",
  "system.camera.is.connected": "plugged in",
  "system.camera.is.disconnected": "away",
  "system.camera.is.error": "error",

  "system.clients": "Connected now",
  "system.clients.user": "User",
  "system.clients.nobody": "not logged in",
  "system.clients.role": "Role",
  "system.clients.address": "Address",
  "system.clients.program": "Program",
  "system.clients.other": "unknown",
  "system.clients.since": "Since",

  "system.versions": "Versions",
  "system.versions.camsvc": "camsvc",
  "system.versions.engine": "Media engine",
  "system.versions.python": "Python",
  "system.versions.machine": "Machine",
  "system.versions.formats": "Formats",
  "system.versions.most": "Cameras at most",

  "system.measured": "Measured by this page",
  "system.measured.trip": "Round trip, usually",
  "system.measured.worst": "Round trip, at worst",
  "system.measured.first": "First picture by {way}",
  "system.measured.stalls.one": "{n} stood still",
  "system.measured.stalls.other": "{n} stood still",
  "system.measured.calls": "Calls",
  "system.measured.errors": "Refused",
  "system.measured.timeouts": "Without answer",
  "system.measured.drops": "Losses of the connection",
  "system.measured.received": "Received",
} as const;
