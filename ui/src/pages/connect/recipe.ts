import type { ClientView, OperationView, Overview } from '../../lib/local'
import type { Handed } from '../access/handed'

/** What the steps of both recipes are given. `handed`: a key that was made a moment ago. */
export interface Recipe {
  news: Overview
  client: ClientView | undefined
  clients: ClientView[]
  operations: OperationView[]
  handed: Handed | undefined
  onnew: () => void
  onkey: (handed: Handed) => void
}
