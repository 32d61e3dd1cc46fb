// The JavaScript of the guide for ChatBETO, as it is printed there, but for addresses and keys, which are relative and made up.
// node seed_chats.mjs ADDRESS KEY SECRET < lines; prints what each piece answered, as JSON.
import { createHmac } from 'node:crypto';

const [address, key, secret] = process.argv.slice(2);
const send = fetch;
globalThis.fetch = (path, options) => {
  const headers = { ...options.headers };
  if (headers['X-API-Key']) headers['X-API-Key'] = key;
  if (headers['X-Webhook-Signature'] === 'sha256=signature') {
    const signed = `${headers['X-Webhook-Timestamp']}.${options.body}`;
    headers['X-Webhook-Signature'] = `sha256=${createHmac('sha256', secret).update(signed).digest('hex')}`;
  }
  return send(address + path, { ...options, headers });
};
const results = {};

// Escenario 1
// 1. Crear conversación
const conversation = await fetch('/api/v1/openai/conversations', {
  method: 'POST',
  headers: {
    'X-API-Key': 'tu-api-key',
    'Content-Type': 'application/json'
  },
  body: JSON.stringify({
    projectId: 1,
    title: 'Consulta sobre Python',
    initialMessage: 'Necesito ayuda con Python'
  })
});
results.created = { status: conversation.status, body: await conversation.json() };
const threadId = results.created.body.data.threadId;

// 2. Obtener respuesta automática de GPT
// 3. Continuar conversación
const response = await fetch(`/api/v1/openai/conversations/${threadId}/messages`, {
  method: 'POST',
  headers: {
    'X-API-Key': 'tu-api-key',
    'Content-Type': 'application/json'
  },
  body: JSON.stringify({
    message: '¿Cómo crear una función?',
    role: 'user'
  })
});
results.continued = { status: response.status, body: await response.json() };

// Frontend Web
const chatWithGPT = async (message, projectId) => {
  const response = await fetch('/api/v1/openai/chat/completions', {
    method: 'POST',
    headers: {
      'X-API-Key': 'tu-api-key',
      'Content-Type': 'application/json'
    },
    body: JSON.stringify({
      messages: [
        {role: 'user', content: message}
      ],
      projectId: projectId
    })
  });

  return await response.json();
};
results.asked = await chatWithGPT('Hola', 1);

// Webhook Simulator
const simulateWebhook = async (conversationData) => {
  return await fetch('/webhook/chatgpt', {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'X-Event-Type': 'conversation.created',
      'X-Webhook-Timestamp': Date.now().toString(),
      'X-Webhook-Signature': 'sha256=signature'
    },
    body: JSON.stringify(conversationData)
  });
};
const delivered = await simulateWebhook({
  conversation: { id: 'from-node', title: 'Desde Node', create_time: Date.now() / 1000, update_time: Date.now() }
});
results.delivered = { status: delivered.status, body: await delivered.json() };

// Bot de Telegram/Discord
const replies = [];
const ctx = { message: { text: '¿Qué hora es?' }, reply: (text) => replies.push(text) };
const onMessage = async (ctx) => {
  const response = await fetch('/api/v1/openai/chat/completions', {
    method: 'POST',
    headers: {
      'X-API-Key': process.env.API_KEY ?? 'tu-api-key',
      'Content-Type': 'application/json'
    },
    body: JSON.stringify({
      messages: [{role: 'user', content: ctx.message.text}]
    })
  });

  const gptResponse = await response.json();
  ctx.reply(gptResponse.data.response.content);
};
await onMessage(ctx);
results.replies = replies;
console.log(JSON.stringify(results));
