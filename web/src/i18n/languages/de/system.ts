// Texte der Seite System.

import type { system as english } from "../en/system";

export const system: Record<keyof typeof english, string> = {
  "system.title": "System",

  "system.health": "Zustand",
  "system.well": "Alles funktioniert.",
  "system.starting": "camsvc startet.",
  "system.uptime": "Laufzeit: {time}.",
  "system.part.websocket_server": "Die Verbindung von Seiten und Programmen",
  "system.part.websocket_server.do":
    "camsvc neu starten; wenn es wiederkommt, sagt das Protokoll warum: journalctl -u camsvc",
  "system.part.camera_monitor": "Die Erkennung angesteckter Kameras",
  "system.part.camera_monitor.do":
    "Neu angesteckte Kameras erscheinen womöglich nicht. camsvc neu starten; das Protokoll sagt warum: journalctl -u camsvc",
  "system.part.mediamtx": "Die Media-Engine",
  "system.part.mediamtx.do":
    "camsvc startet sie von selbst neu. Wenn es so bleibt, sagt engine.log im Datenordner warum.",
  "system.part.other.do": "Das Protokoll von camsvc sagt mehr: journalctl -u camsvc",
  "system.part.fails": "{part} funktioniert nicht.",
  "system.part.starts": "{part} startet.",
  "system.space.low": "Der Datenträger ist fast voll: {used} belegt, {free} frei.",
  "system.space.low.do":
    "Nicht mehr Gebrauchtes löschen oder alte Aufnahmen von selbst gehen lassen: Verwaltung, Aufbewahrung. Unter der Reserve beginnt keine Aufnahme.",
  "system.disk.low": "Keine Aufnahme beginnt: {free} sind frei, {needed} sind nötig.",
  "system.disk.low.do":
    "Nicht mehr Gebrauchtes löschen oder alte Aufnahmen von selbst gehen lassen: Verwaltung, Aufbewahrung.",
  "system.disk.full":
    "Der Datenträger ist voll: laufende Aufnahmen pausieren. {free} sind frei, {needed} sind nötig.",
  "system.disk.full.do":
    "Jetzt Platz schaffen: Aufnahmen löschen, oder was sonst auf diesem Datenträger liegt. Sie gehen von selbst weiter.",
  "system.disk.read_only":
    "Der Datenträger der Aufnahmen lässt sich nur lesen; {free} darauf sind frei, {needed} wären nötig.",
  "system.disk.read_only.do":
    "Datenträger und Dateisystem prüfen: dmesg sagt, warum es nur noch gelesen werden kann.",
  "system.disk.gone":
    "Der Datenträger der Aufnahmen ist nicht da. {free} sind frei, wo er war, {needed} sind nötig.",
  "system.disk.gone.do": "Wieder einhängen: Aufnahmen beginnen, sobald er wieder da ist.",
  "system.disk.foreign":
    "Der Ordner der Aufnahmen liegt nicht auf dem Datenträger, auf dem er lag. {free} sind dort frei, {needed} sind nötig.",
  "system.disk.foreign.do":
    "Den früheren Datenträger einhängen. Wenn dieser der richtige ist, von jetzt an darauf aufnehmen.",
  "system.disk.accept": "Auf diesem Datenträger aufnehmen",
  "system.disk.accept.ask": "Von jetzt an auf diesem Datenträger aufnehmen?",
  "system.disk.accept.what":
    "Aufnahmen des früheren Datenträgers stehen nicht in den Listen, bis er wieder da ist. Nur tun, wenn absichtlich ein anderer eingesetzt wurde.",
  "system.disk.accepted": "Aufnahmen gehen jetzt auf diesen Datenträger.",
  "system.disk.failed": "Nichts wurde geändert.",
  "system.camera.error": "{name} liefert kein Bild.",
  "system.camera.error.do": "Ab- und wieder anstecken, oder Kabel und Stromversorgung prüfen.",
  "system.other": "camsvc meldet, dass etwas nachgesehen werden sollte.",
  "system.other.do":
    "Meist wird gerade der Stream einer Kamera eingerichtet, und es geht vorüber. Wenn es bleibt, sagt das Protokoll, was es ist: journalctl -u camsvc",

  "system.storage": "Speicher",
  "system.storage.used": "Der Datenträger, {used} belegt",
  "system.storage.recordings": "Aufnahmen",
  "system.storage.snapshots": "Schnappschüsse",
  "system.storage.exports": "Exporte",
  "system.storage.before": "Sekunden vor Aufnahmen",
  "system.storage.other": "Alles andere",
  "system.storage.free": "Frei",
  "system.storage.left.one": "Beim Tempo der letzten Tage ist der Datenträger in {n} Tag voll.",
  "system.storage.left.other": "Beim Tempo der letzten Tage ist der Datenträger in {n} Tagen voll.",
  "system.storage.rate": "Das sind {rate} am Tag.",
  "system.storage.today":
    "Beim Tempo der letzten Tage, {rate} am Tag, ist der Datenträger binnen eines Tages voll.",
  "system.storage.long": "Beim Tempo der letzten Tage, {rate} am Tag, reicht der Datenträger für Jahre.",
  "system.storage.quiet": "In den letzten {days} Tagen wurde nichts aufgenommen; der freie Platz bleibt.",

  "system.storage.reserve": "{needed} bleiben frei: darunter beginnt keine Aufnahme.",
  "system.storage.cleans": "Vorher gehen alte Aufnahmen von selbst: Verwaltung, Aufbewahrung.",
  "system.storage.keeps":
    "Nichts wird von selbst gelöscht: unter Verwaltung, Aufbewahrung lassen Sie alte Aufnahmen gehen.",

  "system.library": "Prüfung des Archivs",
  "system.library.how":
    "Öffnet jede Aufnahme und jeden Schnappschuss und vergleicht sie mit dem, was camsvc davon weiß. Gelöscht wird nie etwas.",
  "system.library.check": "Prüfen",
  "system.library.mend": "Prüfen und reparieren",
  "system.library.running.one": "{n} Datei angesehen",
  "system.library.running.other": "{n} Dateien angesehen",
  "system.library.done": "Die Prüfung ist fertig.",
  "system.library.cancelled": "Die Prüfung wurde beendet, bevor alle Dateien angesehen waren.",
  "system.library.error": "Die Prüfung brach ab; warum, steht im Protokoll von camsvc: journalctl -u camsvc",
  "system.library.counted.one": "{n} Datei wurde angesehen.",
  "system.library.counted.other": "{n} Dateien wurden angesehen.",
  "system.library.sound": "Alles ist, wie es sein soll.",
  "system.library.ok": "Wie sie sein sollen: {n}.",
  "system.library.findings": "Was nicht ist, wie es sein soll",
  "system.library.file": "Datei",
  "system.library.what": "Was",
  "system.library.action": "Was getan wurde",
  "system.library.more.one": "{n} weiteres wurde gefunden.",
  "system.library.more.other": "{n} weitere wurden gefunden.",
  "system.library.finding.orphan": "nicht im Verzeichnis",
  "system.library.finding.missing": "die Datei ist weg",
  "system.library.finding.outdated": "das Verzeichnis sagt etwas anderes",
  "system.library.finding.truncated": "abgeschnitten",
  "system.library.finding.damaged": "beschädigt",
  "system.library.finding.foreign": "keine Datei von camsvc",
  "system.library.finding.unreadable": "lässt sich nicht öffnen",

  "system.load": "Auslastung",
  "system.load.begins": "Die Linien beginnen, sobald diese Seite hinsieht.",
  "system.load.cpu": "Prozessor",
  "system.load.memory": "Arbeitsspeicher",
  "system.load.sent": "An Zuschauer gesendet",
  "system.load.viewers": "Zuschauer",
  "system.load.cameras": "Auslastung je Kamera",
  "system.load.camera": "Kamera",
  "system.load.status": "Zustand",
  "system.load.readers": "Zuschauer",
  "system.load.fps": "Bilder je Sekunde",
  "system.load.bytes": "Gesendet",

  "system.clients": "Gerade verbunden",
  "system.clients.user": "Benutzer",
  "system.clients.nobody": "nicht angemeldet",
  "system.clients.role": "Rolle",
  "system.clients.address": "Adresse",
  "system.clients.program": "Programm",
  "system.clients.other": "unbekannt",
  "system.clients.since": "Seit",

  "system.versions": "Versionen",
  "system.versions.camsvc": "camsvc",
  "system.versions.engine": "Media-Engine",
  "system.versions.python": "Python",
  "system.versions.machine": "Rechner",
  "system.versions.formats": "Formate",
  "system.versions.most": "Kameras höchstens",

  "system.measured": "Von dieser Seite gemessen",
  "system.measured.trip": "Hin und zurück, meist",
  "system.measured.worst": "Hin und zurück, schlimmstenfalls",
  "system.measured.first": "Erstes Bild über {way}",
  "system.measured.stalls.one": "{n} stand still",
  "system.measured.stalls.other": "{n} standen still",
  "system.measured.calls": "Aufrufe",
  "system.measured.errors": "Abgelehnt",
  "system.measured.timeouts": "Ohne Antwort",
  "system.measured.drops": "Abbrüche der Verbindung",
  "system.measured.received": "Empfangen",
};
