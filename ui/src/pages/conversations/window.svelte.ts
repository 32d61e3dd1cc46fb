/** Part of a long conversation that is on the page: it grows where one reads. */
const STEP = 40

export class MessageWindow {
  from = $state(0)
  to = $state(0)

  /** Shows the messages around one. */
  center(index: number, length: number): void {
    this.from = Math.max(0, index - STEP / 2)
    this.to = Math.min(length, index + STEP)
  }

  /** Shows the last messages. */
  end(length: number): void {
    this.from = Math.max(0, length - STEP)
    this.to = length
  }

  /** Follows a path that became longer or shorter: its end stays shown if it was. */
  fit(before: number, length: number): void {
    this.to = this.to >= before || this.to > length ? length : this.to
    if (this.from >= this.to) this.from = Math.max(0, this.to - STEP)
  }

  growUp(): void { this.from = Math.max(0, this.from - STEP) }
  growDown(length: number): void { this.to = Math.min(length, this.to + STEP) }
}
