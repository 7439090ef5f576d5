// What runs in the page to measure a picture: how old it is by its clock strip (clock_strip.py), when the first came.

// Ages of `count` frames of a video, in ms: `shown` from its drawing to requestVideoFrameCallback, `arrived` from its
// drawing to its last packet, which WebRTC alone tells. null for a frame whose strip cannot be read.
export function ages({ selector, count, bits }) {
  const video = document.querySelector(selector);
  const drawing = new OffscreenCanvas(bits, 2).getContext("2d", { willReadFrequently: true });
  // performance.now() is set by the wall clock once, when the page is opened; by how much they differ now.
  let tick = Date.now();
  for (const start = tick; tick === start;) tick = Date.now();
  const ahead = tick - performance.timeOrigin - performance.now();
  const turn = 2 ** bits;
  function drawn() {
    const block = Math.floor(video.videoWidth / 40), top = video.videoHeight - 3 * block;
    drawing.imageSmoothingEnabled = false;
    drawing.drawImage(video, block, top, bits * block, 2 * block, 0, 0, bits, 2);
    const { data } = drawing.getImageData(0, 0, bits, 2);
    let ms = 0;
    for (let bit = 0; bit < bits; bit += 1) {
      const difference = data[4 * bit] - data[4 * (bits + bit)];
      if (Math.abs(difference) < 100) return null;
      if (difference > 0) ms += 2 ** bit;
    }
    return ms;
  }
  const since = (ms, moment) => {
    const age = (performance.timeOrigin + moment + ahead - ms) % turn;
    return age > turn / 2 ? age - turn : age;
  };
  return new Promise((done) => {
    const found = [];
    function frame(_, { receiveTime }) {
      const now = performance.now(), ms = drawn();
      found.push(ms === null ? null : { shown: since(ms, now), arrived: receiveTime ? since(ms, receiveTime) : null });
      if (found.length < count) video.requestVideoFrameCallback(frame);
      else done(found);
    }
    video.requestVideoFrameCallback(frame);
  });
}

// Opens the page of a camera, and waits for its first picture; ms from the player's start and from its first request.
export function first(device) {
  const picture = new Promise((done) => {
    new PerformanceObserver((list) => {
      const mark = list.getEntriesByName("first picture").find(({ detail }) => detail.device === device);
      if (mark) done(mark);
    }).observe({ type: "mark" });
  });
  location.hash = `/camera/${device}`;
  return picture.then(({ startTime: at, detail: { ms } }) => {
    const asked = performance.getEntriesByType("resource").find(({ name, startTime }) => (
      startTime >= at - ms - 1 && name.includes(`/live/${device}/`)
    ));
    return { began: ms, asked: at - asked.startTime };
  });
}
