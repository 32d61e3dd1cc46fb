/** Models that a message can be sent to, shared by all composers. */
import { listModels, readConnection } from '../openai/openai'

class Models {
  names = $state.raw<string[]>([])
  /** Default model. */
  standard = $state('')
  /** Host of another service than OpenAI's; empty otherwise. */
  service = $state('')
  /** Undefined: not known yet. */
  keyIsSet = $state<boolean>()

  /** Fetches them; without them the default model can still be used. */
  async load(): Promise<void> {
    try {
      const connection = await readConnection()
      this.keyIsSet = connection.key_is_set || connection.is_free
      this.standard = connection.model
      this.service = connection.is_free ? new URL(connection.base_url).host : ''
      if (this.keyIsSet) this.names = (await listModels()).map(({ id }) => id)
    } catch { /* the composer then offers no other model */ }
  }
}

export const models = new Models()
