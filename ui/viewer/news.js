// What the server says of a look, as it comes: `take` gets what has changed, `lost` a sentence where
// there is nothing to listen to any more.

const HIDDEN = 15_000; // milliseconds between two looks of a page out of sight

class News {
  constructor(ticket, take, lost) {
    this.ticket = ticket;
    this.take = take;
    this.lost = lost;
    this.turn = Promise.resolve();
    this.seen = () => {
      if (!document.hidden) this.listen();
    };
    document.addEventListener("visibilitychange", this.seen);
    this.listen();
  }

  listen() {
    this.pause();
    this.source = new EventSource(`/heatcheck/looks/${this.ticket}`);
    this.source.onmessage = (event) => {
      if (document.hidden) { // a browser has few connections for all its pages
        this.pause();
        this.later = setTimeout(() => this.listen(), HIDDEN);
      }
      const told = JSON.parse(event.data); // one after the other, as they were told
      this.turn = this.turn.then(() => this.take(told)).catch(() => {
        this.lost("The server no longer has all of these heatmaps. Reload the page.");
      });
    };
    this.source.addEventListener("end", () => this.close());
    this.source.onerror = () => {
      if (this.source.readyState === EventSource.CLOSED) this.lost("The server no longer knows this page. Reload it.");
    };
  }

  pause() {
    this.source?.close();
    clearTimeout(this.later);
  }

  close() {
    this.pause();
    document.removeEventListener("visibilitychange", this.seen);
  }
}
