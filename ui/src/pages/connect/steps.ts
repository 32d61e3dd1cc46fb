import type { ClientView, OperationView, Overview } from '../../lib/api'
import type { NewCredentials } from '../access/new_credentials'

/** Props of the connection steps. `credentials`: a newly created key. */
export interface StepsProps {
  overview: Overview
  client: ClientView | undefined
  clients: ClientView[]
  operations: OperationView[]
  credentials: NewCredentials | undefined
  onnew: () => void
  onkey: (credentials: NewCredentials) => void
}
