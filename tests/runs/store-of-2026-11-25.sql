BEGIN TRANSACTION;
CREATE TABLE cells (
	run VARCHAR(64) NOT NULL, 
	image TEXT NOT NULL, 
	method TEXT NOT NULL, 
	map BLOB, 
	side INTEGER, 
	seconds FLOAT NOT NULL, 
	forward_passes INTEGER NOT NULL, 
	backward_passes INTEGER NOT NULL, 
	error TEXT NOT NULL, 
	PRIMARY KEY (run, image, method), 
	FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "cells" VALUES('fbe35bb8be80dca3','photo_00','random',X'780163600081067B20E1004440DC00C40B80F800103F006206470606012056006203207600E200204E00E202470013CE0908',4,1.76000000010390067473e-04,0,0,'');
INSERT INTO "cells" VALUES('fbe35bb8be80dca3','photo_00','centre_prior',X'780163600081067B20E1004440DC00C40B80F800103F006206470606012056006203207600E200204E00E202470013CE0908',4,3.47033999787527136504e-04,0,0,'');
INSERT INTO "cells" VALUES('fbe35bb8be80dca3','photo_01','random',X'780163600081067B20E1004440DC00C40B80F800103F006206470606012056006203207600E200204E00E202470013CE0908',4,1.73506999999517574906e-04,0,0,'');
INSERT INTO "cells" VALUES('fbe35bb8be80dca3','photo_01','centre_prior',X'780163600081067B20E1004440DC00C40B80F800103F006206470606012056006203207600E200204E00E202470013CE0908',4,1.96922000213817227631e-04,0,0,'');
CREATE TABLE comparisons (
	run VARCHAR(64) NOT NULL, 
	image TEXT NOT NULL, 
	method TEXT NOT NULL, 
	PRIMARY KEY (run, image, method), 
	FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "comparisons" VALUES('fbe35bb8be80dca3','photo_00','random');
INSERT INTO "comparisons" VALUES('fbe35bb8be80dca3','photo_00','centre_prior');
INSERT INTO "comparisons" VALUES('fbe35bb8be80dca3','photo_01','random');
INSERT INTO "comparisons" VALUES('fbe35bb8be80dca3','photo_01','centre_prior');
CREATE TABLE findings (
	run VARCHAR(64) NOT NULL, 
	method TEXT NOT NULL, 
	experiment VARCHAR(64) NOT NULL, 
	place INTEGER NOT NULL, 
	value FLOAT, 
	words TEXT NOT NULL, 
	PRIMARY KEY (run, method, experiment), 
	FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "findings" VALUES('fbe35bb8be80dca3','random','runs_on_cnn',0,1.0,'');
INSERT INTO "findings" VALUES('fbe35bb8be80dca3','random','runs_on_transformer',1,1.0,'');
INSERT INTO "findings" VALUES('fbe35bb8be80dca3','random','runs_on_mlp',2,1.0,'');
INSERT INTO "findings" VALUES('fbe35bb8be80dca3','random','runs_without_gradients',3,1.0,'');
INSERT INTO "findings" VALUES('fbe35bb8be80dca3','random','derivative',4,0.0,'its map does not change with the picture');
INSERT INTO "findings" VALUES('fbe35bb8be80dca3','random','derivative_with_relus',5,0.0,'its map does not change with the picture');
INSERT INTO "findings" VALUES('fbe35bb8be80dca3','random','missed_when_saturated',6,0.0,'');
INSERT INTO "findings" VALUES('fbe35bb8be80dca3','centre_prior','runs_on_cnn',0,1.0,'');
INSERT INTO "findings" VALUES('fbe35bb8be80dca3','centre_prior','runs_on_transformer',1,1.0,'');
INSERT INTO "findings" VALUES('fbe35bb8be80dca3','centre_prior','runs_on_mlp',2,1.0,'');
INSERT INTO "findings" VALUES('fbe35bb8be80dca3','centre_prior','runs_without_gradients',3,1.0,'');
INSERT INTO "findings" VALUES('fbe35bb8be80dca3','centre_prior','derivative',4,0.0,'its map does not change with the picture');
INSERT INTO "findings" VALUES('fbe35bb8be80dca3','centre_prior','derivative_with_relus',5,0.0,'its map does not change with the picture');
INSERT INTO "findings" VALUES('fbe35bb8be80dca3','centre_prior','missed_when_saturated',6,0.0,'');
CREATE TABLE images (
	run VARCHAR(64) NOT NULL, 
	image TEXT NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	picture BLOB, 
	label INTEGER, 
	label_name TEXT NOT NULL, 
	target INTEGER, 
	target_name TEXT NOT NULL, 
	probability FLOAT, 
	PRIMARY KEY (run, image), 
	FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "images" VALUES('fbe35bb8be80dca3','photo_00','28b7b933c8028c6e20bf74a86a709eda42ce99f14c8742cb657cb386f08a4c9d',X'89504E470D0A1A0A0000000D4948445200000004000000040802000000269309290000000C49444154789C6360201D000000340001765EAEC30000000049454E44AE426082',243,'bull mastiff',243,'bull mastiff',6.96388781070709228515e-01);
INSERT INTO "images" VALUES('fbe35bb8be80dca3','photo_01','5f03b0c74dff01b5b4195d0beabcae2a625a406e6917957ab9c455b5b7dea6d6',X'89504E470D0A1A0A0000000D4948445200000004000000040802000000269309290000000C49444154789C6360201D000000340001765EAEC30000000049454E44AE426082',559,'folding chair',559,'folding chair',0.977581799030304);
CREATE TABLE review_items (
	id VARCHAR(32) NOT NULL, 
	seat VARCHAR(32) NOT NULL, 
	place INTEGER NOT NULL, 
	image TEXT NOT NULL, 
	"left" TEXT NOT NULL, 
	"right" TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (seat, place), 
	FOREIGN KEY(seat) REFERENCES review_seats (id) ON DELETE CASCADE
);
INSERT INTO "review_items" VALUES('58070489a0c5e99dbf2cba3c8012f64b','8e2cb26e0748693cde1f4386554e41fa',0,'photo_01','centre_prior','random');
INSERT INTO "review_items" VALUES('325d5e3be1c472f0abbfaaac48ce1bbe','8e2cb26e0748693cde1f4386554e41fa',1,'photo_00','random','centre_prior');
CREATE TABLE review_seats (
	id VARCHAR(32) NOT NULL, 
	session VARCHAR(32) NOT NULL, 
	name TEXT NOT NULL, 
	folded TEXT NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	token VARCHAR(64) NOT NULL, 
	until VARCHAR(32) NOT NULL, 
	seen_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (session, folded), 
	FOREIGN KEY(session) REFERENCES review_sessions (id) ON DELETE CASCADE, 
	UNIQUE (token)
);
INSERT INTO "review_seats" VALUES('38fe2f4edaa8cae608073ed89c2e3b8d','b2dfb227881b492b67b2af4e7218dd70','Hanna','hanna','host','7287e7c1f22e4676d660bb47f70e9a9fcf6c2d29f8d7dd61f8c4d1a9f1f331bf','2027-02-24T16:49:23.285+00:00','2026-11-26T16:49:23.285+00:00');
INSERT INTO "review_seats" VALUES('8e2cb26e0748693cde1f4386554e41fa','b2dfb227881b492b67b2af4e7218dd70','Ada','ada','reviewer','2f5f2fc7ad8755b5911f83c7229d6eece5a2a562a478cdadb000eeccd46216e5','2027-02-24T16:49:23.302+00:00','2026-11-26T16:49:23.311+00:00');
CREATE TABLE review_sessions (
	id VARCHAR(32) NOT NULL, 
	run VARCHAR(64) NOT NULL, 
	title TEXT NOT NULL, 
	question TEXT NOT NULL, 
	images TEXT NOT NULL, 
	methods TEXT NOT NULL, 
	votes_per_image INTEGER NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	decision TEXT NOT NULL, 
	made_at VARCHAR(32) NOT NULL, 
	closed_at VARCHAR(32), 
	invitations INTEGER NOT NULL, 
	invitation VARCHAR(64) NOT NULL, 
	invitation_until VARCHAR(32) NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(run) REFERENCES runs (id) ON DELETE RESTRICT, 
	UNIQUE (invitation)
);
INSERT INTO "review_sessions" VALUES('b2dfb227881b492b67b2af4e7218dd70','fbe35bb8be80dca3','An old session','Which explains better?','["photo_00", "photo_01"]','["random", "centre_prior"]',1,'voting','','2026-11-26T16:49:23.285+00:00',NULL,1,'7f01f595888b69c9fc8d1af8d6679ec760f74c31e12abae050528492479b07a7','2026-12-10T16:49:23.285+00:00');
CREATE TABLE review_votes (
	item VARCHAR(32) NOT NULL, 
	choice VARCHAR(16) NOT NULL, 
	note TEXT NOT NULL, 
	cast_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (item), 
	FOREIGN KEY(item) REFERENCES review_items (id) ON DELETE CASCADE
);
INSERT INTO "review_votes" VALUES('58070489a0c5e99dbf2cba3c8012f64b','left','','2026-11-26T16:49:23.312+00:00');
CREATE TABLE runs (
	id VARCHAR(64) NOT NULL, 
	spec TEXT NOT NULL, 
	status VARCHAR(16) NOT NULL, 
	asked_at VARCHAR(32) NOT NULL, 
	began_at VARCHAR(32), 
	ended_at VARCHAR(32), 
	heard_at VARCHAR(32), 
	host TEXT, 
	pid INTEGER, 
	progress TEXT NOT NULL, 
	problem TEXT NOT NULL, 
	provenance TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "runs" VALUES('fbe35bb8be80dca3','{"classifier": "efficientnet_lite0", "images": [["photo_00", "28b7b933c8028c6e20bf74a86a709eda42ce99f14c8742cb657cb386f08a4c9d", "243"], ["photo_01", "5f03b0c74dff01b5b4195d0beabcae2a625a406e6917957ab9c455b5b7dea6d6", "559"]], "methods": [{"name": "random"}, {"name": "centre_prior", "width": 0.25}], "metrics": [{"name": "total_variation"}, {"name": "deletion_exchange", "points": 3, "tolerance": 0.005, "patch": 1, "substrate": "mean"}], "seed": 0, "source": "samples", "only": ["photo_00", "photo_01"]}','running','2026-11-26T16:48:59.763+00:00','2026-11-26T16:48:59.811+00:00',NULL,'2026-11-26T16:49:10.180+00:00','elsewhere',1,'','','{"device": "cpu"}');
CREATE TABLE scores (
	run VARCHAR(64) NOT NULL, 
	image TEXT NOT NULL, 
	method TEXT NOT NULL, 
	metric TEXT NOT NULL, 
	place INTEGER NOT NULL, 
	value FLOAT, 
	unit TEXT NOT NULL, 
	better VARCHAR(8) NOT NULL, 
	curve TEXT, 
	error TEXT NOT NULL, 
	PRIMARY KEY (run, image, method, metric), 
	FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "scores" VALUES('fbe35bb8be80dca3','photo_00','random','total_variation',1200,NULL,'per pixel','lower',NULL,'planted');
INSERT INTO "scores" VALUES('fbe35bb8be80dca3','photo_00','random','total_variation.pooled',1201,7.27774176600078925858e-02,'per pixel','',NULL,'');
INSERT INTO "scores" VALUES('fbe35bb8be80dca3','photo_00','centre_prior','total_variation',1200,2.57400195875107790088e-02,'per pixel','lower',NULL,'');
INSERT INTO "scores" VALUES('fbe35bb8be80dca3','photo_00','centre_prior','total_variation.pooled',1201,3.85397074017790275402e-01,'per pixel','',NULL,'');
INSERT INTO "scores" VALUES('fbe35bb8be80dca3','photo_01','random','total_variation',1200,1.32612874199362495986e+00,'per pixel','lower',NULL,'');
INSERT INTO "scores" VALUES('fbe35bb8be80dca3','photo_01','random','total_variation.pooled',1201,7.42839655764896827916e-02,'per pixel','',NULL,'');
INSERT INTO "scores" VALUES('fbe35bb8be80dca3','photo_01','centre_prior','total_variation',1200,2.57400195875107790088e-02,'per pixel','lower',NULL,'');
INSERT INTO "scores" VALUES('fbe35bb8be80dca3','photo_01','centre_prior','total_variation.pooled',1201,3.85397074017790275402e-01,'per pixel','',NULL,'');
INSERT INTO "scores" VALUES('fbe35bb8be80dca3','photo_00','random','deletion_exchange',600,-8.2622701302170753479e-04,'probability','higher',NULL,'');
INSERT INTO "scores" VALUES('fbe35bb8be80dca3','photo_00','random','deletion_exchange.exchanged',601,1.81100812536897137761e-01,'probability','',NULL,'');
INSERT INTO "scores" VALUES('fbe35bb8be80dca3','photo_00','random','deletion_exchange.auc_error',602,0.0,'probability','',NULL,'');
INSERT INTO "scores" VALUES('fbe35bb8be80dca3','photo_00','centre_prior','deletion_exchange',600,0.0,'probability','higher',NULL,'');
INSERT INTO "scores" VALUES('fbe35bb8be80dca3','photo_00','centre_prior','deletion_exchange.exchanged',601,1.74562613159650936722e-01,'probability','',NULL,'');
INSERT INTO "scores" VALUES('fbe35bb8be80dca3','photo_00','centre_prior','deletion_exchange.auc_error',602,0.0,'probability','',NULL,'');
INSERT INTO "scores" VALUES('fbe35bb8be80dca3','photo_01','random','deletion_exchange',600,-8.11688834801316261291e-04,'probability','higher',NULL,'');
INSERT INTO "scores" VALUES('fbe35bb8be80dca3','photo_01','random','deletion_exchange.exchanged',601,2.46935364033561199903e-01,'probability','',NULL,'');
INSERT INTO "scores" VALUES('fbe35bb8be80dca3','photo_01','random','deletion_exchange.auc_error',602,0.0,'probability','',NULL,'');
INSERT INTO "scores" VALUES('fbe35bb8be80dca3','photo_01','centre_prior','deletion_exchange',600,0.0,'probability','higher',NULL,'');
INSERT INTO "scores" VALUES('fbe35bb8be80dca3','photo_01','centre_prior','deletion_exchange.exchanged',601,4.48963440197985619306e-01,'probability','',NULL,'');
INSERT INTO "scores" VALUES('fbe35bb8be80dca3','photo_01','centre_prior','deletion_exchange.auc_error',602,0.0,'probability','',NULL,'');
CREATE TABLE spans (
	run VARCHAR(64) NOT NULL, 
	began_at VARCHAR(32) NOT NULL, 
	ended_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (run, began_at), 
	FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "spans" VALUES('fbe35bb8be80dca3','2026-11-25T10:00:00.000+00:00','2026-11-25T10:00:02.500+00:00');
CREATE TABLE stops (
	run VARCHAR(64) NOT NULL, 
	asked_at VARCHAR(32) NOT NULL, 
	PRIMARY KEY (run), 
	FOREIGN KEY(run) REFERENCES runs (id) ON DELETE CASCADE
);
CREATE INDEX ix_review_sessions_run ON review_sessions (run);
CREATE INDEX ix_review_items_seat ON review_items (seat);
COMMIT;
