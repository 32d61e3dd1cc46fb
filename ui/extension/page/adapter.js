// What ChatGPT's page looks like, as data: layouts with their parts, named states, and texts in several languages.
// A part lists CSS selectors, the best first; `label` names the text of a language that its button carries instead.
// When the page changes, the self-test names the parts that are no longer found, and this file is where they are mended.

export const LAYOUTS = [
  {
    name: '2026',
    parts: {
      editor: {selectors: ['#prompt-textarea[contenteditable="true"]', 'form .ProseMirror[contenteditable="true"]']},
      send: {selectors: ['#composer-submit-button[data-testid="send-button"]', '[data-testid="send-button"]'], label: 'send'},
      stop: {selectors: ['[data-testid="stop-button"]'], label: 'stop'},
      user: {selectors: ['[data-message-author-role="user"]']},
      assistant: {selectors: ['[data-message-author-role="assistant"]']},
      text: {selectors: ['.markdown', '.whitespace-pre-wrap']},
      turn: {selectors: ['[data-testid^="conversation-turn"]', 'article[data-turn]', 'article']},
      copy: {selectors: ['[data-testid="copy-turn-action-button"]'], label: 'copy'},
      modes: {selectors: ['.__composer-pill[aria-haspopup="menu"]', '[data-testid="model-switcher-dropdown-button"]']},
      mode: {selectors: ['[role="menuitemradio"]', '[role="menuitem"]']},  // a row of the menu; a button in it leads to the thinking times
      link: {selectors: ['nav a[href*="/c/"]']},
      upload: {selectors: ['input[type="file"]#upload-files', 'form input[type="file"]:not([accept])', 'form input[type="file"]']},
      attachment: {selectors: ['form .group\\/file-tile', 'form button[aria-label^="Remove file"]']},
      uploading: {selectors: ['form [role="progressbar"]', 'form .group\\/file-tile circle[stroke-dashoffset]']},
    },
  },
  {
    name: '2025',
    parts: {
      editor: {selectors: ['#prompt-textarea', 'form [contenteditable="true"][role="textbox"]']},
      send: {selectors: ['[data-testid="fruitjuice-send-button"]', 'form button[type="submit"]'], label: 'send'},
      stop: {selectors: ['[data-testid="fruitjuice-stop-button"]', 'form button[aria-label="Stop streaming"]'], label: 'stop'},
      user: {selectors: ['[data-message-author-role="user"]']},
      assistant: {selectors: ['[data-message-author-role="assistant"]']},
      text: {selectors: ['.markdown', '.whitespace-pre-wrap']},
      turn: {selectors: ['[data-testid^="conversation-turn"]', 'article', '.group\\/conversation-turn']},
      copy: {selectors: ['[data-testid="copy-turn-action-button"]'], label: 'copy'},
      modes: {selectors: ['[data-testid="model-switcher-dropdown-button"]']},
      mode: {selectors: ['[role="menuitem"]', '[role="option"]']},
      link: {selectors: ['nav a[href*="/c/"]']},
      upload: {selectors: ['input[type="file"]#upload-files', 'form input[type="file"]:not([accept])', 'form input[type="file"]']},
      attachment: {selectors: ['form .group\\/file-tile', 'form button[aria-label^="Remove file"]']},
      uploading: {selectors: ['form [role="progressbar"]', 'form .group\\/file-tile circle[stroke-dashoffset]']},
    },
  },
]

// Parts that the self-test looks for: always, in a chat, and in one with several messages. The others are looked for in use.
export const NEEDED = {always: ['editor'], chat: ['user'], answered: ['assistant']}

// States in which nothing is sent, the most serious first. One is recognised by an element, a title, or the text of a notice.
export const STATES = [
  {
    name: 'challenge',
    selectors: ['#challenge-form', '#challenge-stage', 'iframe[src*="challenges.cloudflare.com"]', '#cf-challenge-running'],
    titles: ['Just a moment', 'Attention Required'],
    texts: ['challenge'],
  },
  {
    name: 'signed_out',
    selectors: ['[data-testid="login-button"]', 'a[href*="/auth/login"]', '[data-testid="modal-session-expired"]'],
    texts: ['signed_out'],
  },
  {
    name: 'two_answers',
    selectors: ['[data-paragen-root="true"]', '[data-testid="paragen-prefer-response-button"]'],
    texts: ['two_answers'],
  },
  {name: 'continue_generating', selectors: ['[data-testid="continue-generating-button"]'], labels: ['continue_generating']},
  {name: 'limit', selectors: ['[data-testid="rate-limit-banner"]', '[data-testid="rate-limit-notice"]'], texts: ['limit']},
]

// Places where the page tells something to the person, outside of any message.
export const NOTICES = '[role="alert"], [role="status"], [role="dialog"], [data-testid*="notice"], [data-testid*="banner"], [data-testid*="toast"]'

// Elements that say that a message could not be sent or answered.
export const FAILURES = '[data-testid="conversation-error"], [data-testid="error-message"], .text-token-text-error'

// Patterns without regard to case. A language that is missing is served by the selectors alone.
export const LANGUAGES = {
  en: {
    new_chat: '^new chat$',
    upload_failed: '(unable|failed) to upload|upload failed|file (type )?(is )?(not supported|too large)',
    failure: 'something went wrong|network error|error in (the )?message stream|conversation not found|unable to load',
    send: 'send (prompt|message)',
    stop: 'stop (streaming|generating|answering)',
    copy: '^copy( response)?$',
    continue_generating: '^continue generating$',
    two_answers: 'which response do you prefer|choose (the|a) response',
    challenge: 'verify (that )?you are human|are you human',
    signed_out: 'your session has expired|log in to continue',
    limit: "(reached|hit) (your|the|our)[^.]{0,60}limit|too many (messages|requests)|limit resets",
    auto: '^auto',
    instant: '^(instant|fast)',
    thinking: '^thinking',
    standard: '^standard',
    extended: '^extended',
  },
  de: {
    new_chat: '^neuer chat$',
    upload_failed: '(hochladen|upload) (ist )?fehlgeschlagen|konnte nicht hochgeladen werden|datei ist zu groß',
    failure: '(ist etwas|etwas ist) schiefgelaufen|netzwerkfehler|konnte nicht geladen werden',
    send: '(prompt|nachricht) senden',
    stop: '(streamen|antwort|generieren|generierung)[a-zäöü ]* (stoppen|anhalten|beenden)',
    copy: '^(antwort )?kopieren$',
    continue_generating: '^weiter generieren$|^generierung fortsetzen$',
    two_answers: 'welche antwort (ist dir lieber|bevorzugst du|gefällt dir besser)',
    challenge: '(bestätige|bestätigen sie), dass (du ein mensch bist|sie ein mensch sind)',
    signed_out: 'sitzung ist abgelaufen|melde dich an, um',
    limit: '(limit|grenze)[^.]{0,60}(erreicht|zurückgesetzt)|zu viele (nachrichten|anfragen)',
    auto: '^auto',
    instant: '^(instant|sofort|schnell)',
    thinking: '^(thinking|nachdenken|denken)',
    standard: '^standard',
    extended: '^(erweitert|verlängert)',
  },
  fr: {
    new_chat: '^nouveau chat$|^nouvelle (discussion|conversation)$',
    upload_failed: '(échec|impossible) (du|de) (téléversement|téléverser|chargement|charger|importer)|fichier (est )?trop (volumineux|grand)',
    failure: 'un problème est survenu|une erreur s.est produite|erreur réseau|impossible de charger',
    send: 'envoyer (le (prompt|message)|la demande)',
    stop: '(arrêter|interrompre) (la |le )?(diffusion|génération|réponse|streaming)',
    copy: '^copier( la réponse)?$',
    continue_generating: '^(continuer|poursuivre) la génération$',
    two_answers: 'quelle réponse préférez-vous',
    challenge: 'vérifiez que vous êtes humain',
    signed_out: 'session a expiré|connectez-vous pour',
    limit: 'limite[^.]{0,60}(atteinte|réinitialis)|(atteint)[^.]{0,60}limite|trop de (messages|requêtes)',
    auto: '^auto',
    instant: '^(instant|rapide)',
    thinking: '^(thinking|réflexion)',
    standard: '^standard',
    extended: '^(étendu|prolongé|approfondi)',
  },
  es: {
    new_chat: '^(nuevo chat|nueva conversación)$',
    upload_failed: '(no se pudo|error al) (subir|cargar) (el )?archivo|archivo (es )?demasiado grande',
    failure: 'algo salió mal|se produjo un error|error de red|no se pudo cargar',
    send: 'enviar (la )?(indicación|mensaje|prompt|solicitud)',
    stop: '(detener|parar) (la )?(transmisión|generación|respuesta|streaming)',
    copy: '^copiar( respuesta)?$',
    continue_generating: '^(continuar|seguir) generando$',
    two_answers: 'qué respuesta prefieres',
    challenge: 'verifica que eres (un ser )?humano',
    signed_out: 'sesión ha (caducado|expirado)|inicia sesión para',
    limit: '(alcanzado)[^.]{0,60}límite|límite[^.]{0,60}(restablece|alcanzado)|demasiad[oa]s (mensajes|solicitudes)',
    auto: '^(auto|automático)',
    instant: '^(instant|instantáneo|rápido)',
    thinking: '^(thinking|pensamiento|pensando|razonamiento)',
    standard: '^(estándar|standard)',
    extended: '^(ampliado|extendido)',
  },
  ja: {
    new_chat: '^新しいチャット$',
    upload_failed: 'アップロード(できません|に失敗)',
    failure: '問題が発生しました|エラーが発生しました|ネットワークエラー|読み込めません',
    send: '(プロンプト|メッセージ)を送信',
    stop: '(ストリーミング|生成|回答)(の停止|を停止)',
    copy: '^(回答を)?コピー(する)?$',
    continue_generating: '^(生成を続ける|続きを生成する?)$',
    two_answers: 'どちらの(回答|応答)が(良い|お?好み)',
    challenge: '人間であることを確認',
    signed_out: 'セッションの有効期限が切れ',
    limit: '上限に達し|制限に達し|リクエストが多すぎ',
    auto: '^(auto|自動)',
    instant: '^(instant|即時|高速)',
    thinking: '^(thinking|思考|じっくり)',
    standard: '^(standard|標準)',
    extended: '^(extended|拡張|延長)',
  },
  fa: {
    new_chat: '^گفتگوی جدید$',
    upload_failed: 'بارگذاری (فایل )?(ناموفق|ممکن نشد)',
    failure: 'خطایی رخ داد|بارگیری گفتگو ممکن نشد',
    send: 'ارسال (درخواست|پیام)',
    stop: 'توقف (پخش|تولید)',
    copy: '^کپی( پاسخ)?$',
    continue_generating: '^ادامه(ٔ|‌ی)? تولید$',
    two_answers: 'کدام پاسخ را ترجیح',
    challenge: 'تأیید کنید که انسان هستید',
    signed_out: 'نشست شما منقضی شده|برای ادامه دوباره وارد شوید',
    limit: 'به سقف[^.]{0,60}رسیده',
    auto: '^خودکار',
    instant: '^فوری',
    thinking: '^تفکر',
    standard: '^استاندارد',
    extended: '^گسترده',
  },
}
