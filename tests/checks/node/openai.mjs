// OpenAI's own client: https://github.com/openai/openai-node. It does its ordinary work and prints what came, as lines of JSON.
//
//     node openai.mjs BASE_URL KEY work|stream MODEL
import OpenAI from 'openai'

const [baseURL, apiKey, mode, model] = process.argv.slice(2)
const client = new OpenAI({ baseURL, apiKey })
const say = (step, more = {}) => console.log(JSON.stringify({ step, ...more }))
const ask = (content) => ({ model, messages: [{ role: 'user', content }] })
const fails = async (step, act) => {
  const error = await act().then(
    () => undefined,
    (caught) => caught,
  )
  const { status, code, param, type } = error ?? {}
  say(step, { error: error?.constructor.name, status, code, param, type, message: error?.message })
}

if (mode === 'stream') {
  try {
    for await (const chunk of await client.chat.completions.create({ ...ask('Count slowly.'), stream: true })) {
      say('chunk', { text: chunk.choices[0]?.delta?.content ?? '' })
    }
    say('end')
  } catch (error) {
    say('error', { error: error.constructor.name, message: error.message })
  }
} else {
  const models = []
  for await (const one of client.models.list()) models.push(one.id)
  say('models', { models })

  const completion = await client.chat.completions.create(ask('Hello'))
  say('completion', { text: completion.choices[0].message.content, tokens: completion.usage.total_tokens })

  let text = ''
  let pieces = 0
  for await (const chunk of await client.chat.completions.create({ ...ask('Hello again'), stream: true })) {
    text += chunk.choices[0]?.delta?.content ?? ''
    pieces += 1
  }
  say('streamed completion', { text, pieces })

  const parameters = { type: 'object', properties: { city: { type: 'string' } } }
  const tools = [{ type: 'function', function: { name: 'find_weather', parameters } }]
  const runner = client.chat.completions.stream({ ...ask('Use find_weather for Rome.'), tools, tool_choice: 'required' })
  const message = await runner.finalMessage()
  say('streamed function', { name: message.tool_calls[0].function.name, arguments: message.tool_calls[0].function.arguments })

  const response = await client.responses.create({ model, input: 'Hello' })
  say('response', { text: response.output_text, tokens: response.usage.total_tokens })
  const events = client.responses.stream({ model, input: 'Go on.', previous_response_id: response.id })
  const kinds = new Set()
  for await (const event of events) kinds.add(event.type)
  say('streamed response', { text: (await events.finalResponse()).output_text, kinds: [...kinds] })

  await fails('wrong key', () => new OpenAI({ baseURL, apiKey: 'dh_wrong' }).models.list())
  await fails('retired model', () => client.chat.completions.create({ ...ask('Hello'), model: 'gpt-4' }))
  await fails('no messages', () => client.chat.completions.create({ model, messages: [] }))
  await fails('unknown path', () => client.embeddings.create({ model, input: 'Hello' }))
}
