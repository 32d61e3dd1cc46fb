-- The database of the first version, with a client, one that was ended, a permission for a while, a call and two OMI accounts.
BEGIN TRANSACTION;
CREATE TABLE activity (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at TEXT NOT NULL, 
	client_id TEXT, 
	client_name TEXT NOT NULL, 
	operation TEXT NOT NULL, 
	sentence TEXT NOT NULL, 
	changes BOOLEAN NOT NULL, 
	decision TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	status INTEGER, 
	duration_ms INTEGER, 
	arguments TEXT, 
	effect TEXT, 
	result TEXT
);
INSERT INTO "activity" VALUES(2,'2026-11-30T23:42:59.289615+00:00','4043adff8620e4ad','script','send_mail','send mail to anna@example.org',1,'allowed','You allowed it for 15 minutes.','done',200,957,'{"order": {"html": null, "openaiFileIdRefs": [], "attachments": [], "files": [], "account": null, "to": ["anna@example.org"], "subject": "Hello", "body": "Kept from before", "cc": [], "bcc": []}}','{"sentence": "send mail to anna@example.org", "fields": [["Account", "alex@example.com"], ["From", "alex@example.com"], ["To", "anna@example.org"], ["Subject", "Hello"], ["Body", "Kept from before"]]}','{"success":true,"message":"Email sent successfully","message_id":"1a22ed7db58960c0","thread_id":"1a22ed7db4a13ee3","account":"alex@example.com"}');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('omi_0001');
INSERT INTO "alembic_version" VALUES('apps_0001');
INSERT INTO "alembic_version" VALUES('core_0005');
CREATE TABLE allowance (
	id TEXT NOT NULL, 
	client_id TEXT NOT NULL, 
	operation TEXT NOT NULL, 
	extent TEXT NOT NULL, 
	recipients TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	until TEXT, 
	ended_at TEXT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(client_id) REFERENCES client (id)
);
INSERT INTO "allowance" VALUES('call-81f99b71e65499d5','4043adff8620e4ad','send_mail','quarter','[]','2026-11-30T23:43:47.098982+00:00','2126-11-30T23:58:47.098982+00:00',NULL);
CREATE TABLE api_key (
	hash BLOB NOT NULL, 
	client_id TEXT NOT NULL, 
	hint TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	revoked_at TEXT, 
	PRIMARY KEY (hash), 
	FOREIGN KEY(client_id) REFERENCES client (id)
);
INSERT INTO "api_key" VALUES(X'3310D9BB0BEEC37C600DDA60A543691167F6C544AA173EECBE39059415A67B44','4043adff8620e4ad','dh_kept','2026-11-30T23:42:45.105991+00:00',NULL);
INSERT INTO "api_key" VALUES(X'3A410661BF353F52E6947F4E4EBC14AD1ABDFF68DC8E123C57C86C4E37740BFE','1500f1f3a7922ef8','dh_OGen','2026-11-30T23:42:46.146735+00:00','2026-11-30T23:43:56.297836+00:00');
CREATE TABLE approval (
	id TEXT NOT NULL, 
	question TEXT NOT NULL, 
	client_id TEXT NOT NULL, 
	client_name TEXT NOT NULL, 
	credential TEXT NOT NULL, 
	operation TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	reaches_others BOOLEAN NOT NULL, 
	call_hash TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	effect TEXT NOT NULL, 
	activity_id INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	asked_at TEXT NOT NULL, 
	expires_at TEXT NOT NULL, 
	"key" TEXT, 
	decided_at TEXT, 
	ended_at TEXT, 
	extent TEXT, 
	reason TEXT NOT NULL, 
	status INTEGER, 
	result TEXT, 
	method TEXT NOT NULL, 
	path TEXT NOT NULL, 
	"query" TEXT NOT NULL, 
	content_type TEXT NOT NULL, 
	body BLOB, 
	PRIMARY KEY (id), 
	UNIQUE (question), 
	FOREIGN KEY(client_id) REFERENCES client (id)
);
INSERT INTO "approval" VALUES('call-81f99b71e65499d5','call-81f99b71e65499d5','4043adff8620e4ad','script','key:3310d9bb0beec37c600dda60a543691167f6c544aa173eecbe39059415a67b44','send_mail','write:mail',1,'402d0ac9b1dd0c5feb1e7c7fcf1d7e65b4b8199c6e3f1bf4ab4832b6ff209ddd','d10d0b43c7dbcb346a686ee70102d6ed7018351405902847dd05a015e7a71af5','{"sentence": "send mail to anna@example.org", "fields": [["Account", "alex@example.com"], ["From", "alex@example.com"], ["To", "anna@example.org"], ["Subject", "Hello"], ["Body", "Kept from before"]], "recipients": ["anna@example.org"]}',2,'done','2026-11-30T23:42:59.289499+00:00','2026-11-30T23:57:59.289499+00:00',NULL,'2026-11-30T23:43:47.098967+00:00','2026-11-30T23:43:48.061963+00:00','quarter','',200,'{"success":true,"message":"Email sent successfully","message_id":"1a22ed7db58960c0","thread_id":"1a22ed7db4a13ee3","account":"alex@example.com"}','POST','/gmail/send','','application/json',NULL);
CREATE TABLE apps_process (
	app TEXT NOT NULL, 
	pid INTEGER NOT NULL, 
	started FLOAT NOT NULL, 
	since TEXT NOT NULL, 
	PRIMARY KEY (app, pid, started)
);
CREATE TABLE client (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	scopes TEXT NOT NULL, 
	policies TEXT NOT NULL, 
	rate TEXT, 
	created_at TEXT NOT NULL, 
	revoked_at TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "client" VALUES('4043adff8620e4ad','script','["control:apps", "read:apps", "read:mail", "read:memories", "write:mail", "write:memories"]','{"trash_mail": "deny"}',NULL,'2026-11-30T23:42:45.105991+00:00',NULL);
INSERT INTO "client" VALUES('1500f1f3a7922ef8','ended','["control:apps", "read:apps", "read:mail", "read:memories", "write:mail", "write:memories"]','{}',NULL,'2026-11-30T23:42:46.146735+00:00','2026-11-30T23:43:56.297836+00:00');
CREATE TABLE client_use (
	client_id TEXT NOT NULL, 
	address TEXT NOT NULL, 
	at TEXT NOT NULL, 
	PRIMARY KEY (client_id, address), 
	FOREIGN KEY(client_id) REFERENCES client (id)
);
INSERT INTO "client_use" VALUES('4043adff8620e4ad','','2026-11-30T23:42:59.061628+00:00');
CREATE TABLE idempotency (
	client_id TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	activity_id INTEGER NOT NULL, 
	at TEXT NOT NULL, 
	status INTEGER, 
	body TEXT, 
	PRIMARY KEY (client_id, "key")
);
CREATE TABLE oauth_client (
	id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	client_id TEXT, 
	name TEXT NOT NULL, 
	secret_hash BLOB, 
	redirect_uris TEXT NOT NULL, 
	callbacks TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	revoked_at TEXT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(client_id) REFERENCES client (id)
);
CREATE TABLE oauth_code (
	hash BLOB NOT NULL, 
	grant_id TEXT NOT NULL, 
	redirect_uri TEXT, 
	challenge TEXT, 
	expires_at TEXT NOT NULL, 
	used_at TEXT, 
	PRIMARY KEY (hash), 
	FOREIGN KEY(grant_id) REFERENCES oauth_grant (id)
);
CREATE TABLE oauth_grant (
	id TEXT NOT NULL, 
	oauth_client_id TEXT NOT NULL, 
	client_id TEXT NOT NULL, 
	callback TEXT NOT NULL, 
	scopes TEXT NOT NULL, 
	resource TEXT NOT NULL, 
	address TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	last_used_at TEXT, 
	ended_at TEXT, 
	reason TEXT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(oauth_client_id) REFERENCES oauth_client (id), 
	FOREIGN KEY(client_id) REFERENCES client (id)
);
CREATE TABLE oauth_token (
	hash BLOB NOT NULL, 
	grant_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	scopes TEXT NOT NULL, 
	expires_at TEXT NOT NULL, 
	used_at TEXT, 
	heir BLOB, 
	PRIMARY KEY (hash), 
	FOREIGN KEY(grant_id) REFERENCES oauth_grant (id)
);
CREATE TABLE omi_action_item (
	id TEXT NOT NULL, 
	uid TEXT NOT NULL, 
	conversation_id TEXT NOT NULL, 
	place INTEGER NOT NULL, 
	description TEXT NOT NULL, 
	completed BOOLEAN NOT NULL, 
	marked BOOLEAN NOT NULL, 
	due_at TEXT, 
	created_at TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "omi_action_item" VALUES('a-d923b5ce253247939d7ea43e1984d4f5','alex','da10a2f6-e311-5eea-af5c-ef4fef59fa0c',0,'Ask Robin for the long ladder',0,0,NULL,'2026-11-30T20:46:43.929260+00:00');
CREATE TABLE omi_arrival (
	uid TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	at TEXT NOT NULL, 
	title TEXT, 
	count INTEGER NOT NULL, 
	PRIMARY KEY (uid, kind)
);
INSERT INTO "omi_arrival" VALUES('alex','memory','2026-11-30T23:42:44.480159+00:00','Soup for twelve',3);
INSERT INTO "omi_arrival" VALUES('neighbour','memory','2026-11-30T23:42:44.536850+00:00','Soup for twelve',1);
CREATE TABLE omi_button (
	number INTEGER NOT NULL, 
	uid TEXT NOT NULL, 
	event TEXT NOT NULL, 
	at TEXT NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (number)
);
CREATE TABLE omi_conversation (
	uid TEXT NOT NULL, 
	id TEXT NOT NULL, 
	title TEXT NOT NULL, 
	overview TEXT NOT NULL, 
	category TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	finished_at TEXT, 
	updated_at TEXT, 
	status TEXT NOT NULL, 
	discarded BOOLEAN NOT NULL, 
	arrived_at TEXT NOT NULL, 
	changed_at TEXT NOT NULL, 
	deleted_at TEXT, 
	words TEXT NOT NULL, 
	added_by TEXT NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (uid, id)
);
INSERT INTO "omi_conversation" VALUES('alex','da10a2f6-e311-5eea-af5c-ef4fef59fa0c','The garden fence','Alex and Sam agree to mend the garden fence before winter, and to ask Robin for the long ladder.','family','2026-11-30T20:46:43.929260+00:00','2026-11-30T20:46:43.929260+00:00',NULL,'completed',0,'2026-11-30T23:42:44.334713+00:00','2026-11-30T23:42:44.334713+00:00',NULL,'the garden fence
alex and sam agree to mend the garden fence before winter, and to ask robin for the long ladder.
[0:00:00 - 0:00:05] user: we have to look at the fence before the first snow.

[0:00:06 - 0:00:11] sam: then let us do it on saturday. robin still has our long ladder.

[0:00:12 - 0:00:17] user: i will write to robin tonight, and get the paint.','','{"id":"da10a2f6-e311-5eea-af5c-ef4fef59fa0c","created_at":"2026-11-30T20:46:43.929260+00:00","updated_at":null,"started_at":"2026-11-30T20:42:43.929260+00:00","finished_at":"2026-11-30T20:46:43.929260+00:00","source":"omi","language":"en","structured":{"title":"The garden fence","emoji":"🌿","category":"family","overview":"Alex and Sam agree to mend the garden fence before winter, and to ask Robin for the long ladder.","sections":[],"action_items":[{"description":"Ask Robin for the long ladder","completed":false,"due_at":null,"created_at":null},{"description":"Buy green paint for the fence","completed":false,"due_at":null,"created_at":null}],"events":[]},"transcript_segments":[{"id":"da10a2f6-0","text":"We have to look at the fence before the first snow.","speaker":"SPEAKER_00","speaker_id":0,"speaker_name":null,"is_user":true,"person_id":null,"start":0.0,"end":5.0,"translations":[]},{"id":"da10a2f6-1","text":"Then let us do it on Saturday. Robin still has our long ladder.","speaker":"SPEAKER_01","speaker_id":1,"speaker_name":"Sam","is_user":false,"person_id":null,"start":6.0,"end":11.0,"translations":[]},{"id":"da10a2f6-2","text":"I will write to Robin tonight, and get the paint.","speaker":"SPEAKER_00","speaker_id":0,"speaker_name":null,"is_user":true,"person_id":null,"start":12.0,"end":17.0,"translations":[]}],"geolocation":null,"photos":[],"audio_files":[],"apps_results":[],"plugins_results":[],"external_data":null,"discarded":false,"visibility":"private","status":"completed"}');
CREATE TABLE omi_delivery (
	number INTEGER NOT NULL, 
	uid TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	"key" TEXT, 
	digest TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	signed_at INTEGER, 
	at TEXT NOT NULL, 
	PRIMARY KEY (number)
);
INSERT INTO "omi_delivery" VALUES(1,'alex','memory','c1024559-3350-49ac-978d-91f9b3826e8b','3672d65f42a6ef9d1901b58fafbe5883b1fb33b5b5a36b931259200703fe592d','da10a2f6-e311-5eea-af5c-ef4fef59fa0c',NULL,'2026-11-30T23:42:44.334713+00:00');
INSERT INTO "omi_delivery" VALUES(5,'neighbour','memory','1201fbe9-6b08-424a-9cf4-d134ac901974','869215a4b6aca8cec9dfa3f7320c46d305adb94997558698116834b91990e9dd','neighbours-talk',NULL,'2026-11-30T23:42:44.536850+00:00');
CREATE TABLE omi_recording (
	name TEXT NOT NULL, 
	uid TEXT NOT NULL, 
	rate INTEGER NOT NULL, 
	size INTEGER NOT NULL, 
	started_at TEXT NOT NULL, 
	last_at TEXT NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE omi_segment (
	uid TEXT NOT NULL, 
	session TEXT NOT NULL, 
	id TEXT NOT NULL, 
	start FLOAT NOT NULL, 
	at TEXT NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (uid, session, id)
);
INSERT INTO "omi_segment" VALUES('alex','alex-20261130234243','alex-20261130234243-0',0.0,'2026-11-30T23:42:44.564082+00:00','{"id": "alex-20261130234243-0", "text": "So, where were we?", "speaker": "SPEAKER_00", "speaker_id": 0, "speaker_name": null, "is_user": true, "person_id": null, "start": 0.0, "end": 5.0, "translations": []}');
INSERT INTO "omi_segment" VALUES('alex','alex-20261130234243','alex-20261130234243-1',6.0,'2026-11-30T23:42:47.593248+00:00','{"id": "alex-20261130234243-1", "text": "You wanted to tell me about the boat.", "speaker": "SPEAKER_01", "speaker_id": 1, "speaker_name": null, "is_user": false, "person_id": null, "start": 6.0, "end": 11.0, "translations": []}');
CREATE TABLE omi_source (
	uid TEXT NOT NULL, 
	state TEXT NOT NULL, 
	question TEXT NOT NULL, 
	first_at TEXT NOT NULL, 
	last_at TEXT NOT NULL, 
	first_kind TEXT NOT NULL, 
	form TEXT NOT NULL, 
	first_client TEXT NOT NULL, 
	kept_aside INTEGER NOT NULL, 
	bytes_aside INTEGER NOT NULL, 
	dropped INTEGER NOT NULL, 
	PRIMARY KEY (uid), 
	UNIQUE (question)
);
INSERT INTO "omi_source" VALUES('alex','accepted','omi-li_cfIheHioW','2026-11-30T23:42:43.919962+00:00','2026-11-30T23:42:59.727261+00:00','memory','your secret address','',0,0,0);
INSERT INTO "omi_source" VALUES('neighbour','waiting','omi-xNGR_NEjaegs','2026-11-30T23:42:44.536850+00:00','2026-11-30T23:42:44.536850+00:00','memory','your secret address','',1,1385,0);
CREATE TABLE omi_summary (
	uid TEXT NOT NULL, 
	id TEXT NOT NULL, 
	date TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (uid, id)
);
CREATE TABLE public_address (
	address TEXT NOT NULL, 
	reserved BOOLEAN NOT NULL, 
	opened_at TEXT NOT NULL, 
	lost_at TEXT, 
	PRIMARY KEY (address)
);
CREATE TABLE tunnel_month (
	month TEXT NOT NULL, 
	requests INTEGER NOT NULL, 
	PRIMARY KEY (month)
);
CREATE INDEX ix_omi_delivery_at ON omi_delivery (at);
CREATE INDEX omi_delivery_subject ON omi_delivery (uid, kind, subject);
CREATE INDEX omi_delivery_digest ON omi_delivery (uid, kind, digest);
CREATE INDEX omi_delivery_key ON omi_delivery (uid, kind, "key");
CREATE INDEX omi_conversation_created ON omi_conversation (created_at);
CREATE INDEX omi_conversation_id ON omi_conversation (id);
CREATE INDEX omi_action_item_conversation ON omi_action_item (uid, conversation_id);
CREATE INDEX ix_omi_segment_at ON omi_segment (at);
CREATE INDEX ix_omi_summary_date ON omi_summary (date);
CREATE INDEX ix_omi_button_uid ON omi_button (uid);
CREATE INDEX ix_omi_recording_uid ON omi_recording (uid);
CREATE UNIQUE INDEX client_name ON client (name) WHERE revoked_at IS NULL;
CREATE INDEX ix_activity_outcome ON activity (outcome);
CREATE INDEX ix_activity_at ON activity (at);
CREATE INDEX activity_client ON activity (client_id, at);
CREATE INDEX ix_idempotency_at ON idempotency (at);
CREATE INDEX oauth_client_client ON oauth_client (client_id);
CREATE INDEX oauth_grant_client ON oauth_grant (client_id);
CREATE INDEX oauth_token_grant ON oauth_token (grant_id);
CREATE INDEX ix_approval_activity_id ON approval (activity_id);
CREATE INDEX ix_approval_ended_at ON approval (ended_at);
CREATE INDEX ix_approval_state ON approval (state);
CREATE INDEX approval_call ON approval (client_id, call_hash);
CREATE INDEX allowance_client ON allowance (client_id, operation);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('activity',6);
COMMIT;
