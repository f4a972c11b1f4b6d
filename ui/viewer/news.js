// What the server says of a look, as it comes: `take` gets what has changed, `trouble` a sentence
// where something did not arrive, and "" once it is mended.

const HIDDEN = 15_000; // milliseconds between two looks of a page out of sight
const AGAIN = 1000; // milliseconds until what did not arrive is asked for again
const TRIES = 10; // how often a page asks that its session has left

class News {
  constructor(ticket, take, trouble) {
    this.ticket = ticket;
    this.take = take;
    this.trouble = trouble;
    this.turn = Promise.resolve();
    this.seen = () => {
      if (!document.hidden) this.listen();
    };
    document.addEventListener("visibilitychange", this.seen);
    this.listen();
  }

  listen() {
    this.pause();
    let heard = 0, missed = false;
    this.source = new EventSource(`/heatcheck/looks/${this.ticket}`);
    this.source.onmessage = (event) => {
      const told = JSON.parse(event.data), all = !heard++; // to a new listener the server tells all
      if (told.done) this.ended();
      else if (document.hidden) { // a browser has few connections for all its pages
        this.pause();
        this.later = setTimeout(() => this.listen(), HIDDEN);
      }
      this.turn = this.turn.then(() => this.take(told)).then(() => { // one after the other, as they were told
        if (all) this.mended();
      }, () => {
        if (!missed) this.missed();
        missed = true;
      });
    };
    this.source.addEventListener("end", () => this.overtaken());
    this.source.onerror = () => {
      if (this.source.readyState === EventSource.CLOSED) this.trouble("The server no longer knows this page. Reload it.");
    };
  }

  // Its session looks at something else, and soon this page does too; or it has come back by now.
  overtaken() {
    this.pause();
    this.tries = (this.tries ?? 0) + 1;
    if (this.tries < TRIES) this.later = setTimeout(() => this.listen(), AGAIN);
  }

  // All is told anew, once.
  missed() {
    if (this.closed) return;
    if (this.again) {
      this.trouble("Some heatmaps did not arrive. Reload the page.");
      return;
    }
    this.again = true;
    this.trouble("Some heatmaps did not arrive; they are asked for again.");
    this.pause();
    this.later = setTimeout(() => this.listen(), AGAIN);
  }

  mended() {
    this.again = false;
    this.tries = 0;
    this.trouble("");
  }

  pause() {
    this.source?.close();
    clearTimeout(this.later);
  }

  // Nothing more will be told.
  ended() {
    this.pause();
    document.removeEventListener("visibilitychange", this.seen);
  }

  close() {
    this.ended();
    this.closed = true;
  }
}
