-- tables
account_windows
audit_entries
audit_entries_sequence_seq
auto_topups
billing_documents
billing_documents_sequence_seq
billing_profiles
claim_links
customer_accounts with (fillfactor=50)
customer_keys
document_counters
document_sellers
document_sellers_sequence_seq
holds
key_windows
ledger_accounts with (fillfactor=50)
ledger_transfers
ledger_transfers_sequence_seq
members
monthly_spend
orders
overpayments
payment_cursors
payment_disputes
payment_events
payment_profiles
payment_refunds
payments
pool_credentials
pool_routes
pool_versions
price_versions
requests
schema_version
statement_lines
unprocessed_payments

-- columns
account_windows.account_id text collate C not null
account_windows.period text collate C not null
account_windows.start_ms bigint not null
account_windows.requests bigint not null
audit_entries.sequence bigint not null identity d
audit_entries.at_ms bigint not null
audit_entries.operator text collate C not null
audit_entries.action text collate C not null
audit_entries.subject text collate C not null
audit_entries.account_id text collate C
audit_entries.reason text collate C not null
audit_entries.before text collate C
audit_entries.after text collate C
auto_topups.account_id text collate C not null
auto_topups.is_enabled bigint not null
auto_topups.threshold bigint not null
auto_topups.amount bigint not null
auto_topups.monthly_cap bigint not null
auto_topups.paused_reason text collate C
auto_topups.paused_at_ms bigint
billing_documents.sequence bigint not null identity d
billing_documents.number text collate C not null
billing_documents.kind text collate C not null
billing_documents.series text collate C not null
billing_documents.year bigint not null
billing_documents.counter bigint not null
billing_documents.account_id text collate C not null
billing_documents.order_id text collate C not null
billing_documents.invoice_number text collate C
billing_documents.reason text collate C
billing_documents.credit bigint not null
billing_documents.paid_cents bigint
billing_documents.tax_cents bigint
billing_documents.facts text collate C not null
billing_documents.issued_at_ms bigint not null
billing_profiles.account_id text collate C not null
billing_profiles.profile text collate C not null
billing_profiles.updated_at_ms bigint not null
claim_links.token_hash text collate C not null
claim_links.account_id text collate C not null
claim_links.replaces text collate C
claim_links.member_id text collate C
claim_links.order_id text collate C
claim_links.expires_at_ms bigint not null
claim_links.used_at_ms bigint
customer_accounts.id text collate C not null
customer_accounts.name text collate C
customer_accounts.created_at_ms bigint not null
customer_accounts.monthly_cap bigint
customer_accounts.billing_plan text collate C not null default 'tokens'::text
customer_accounts.chain_length bigint not null default 0
customer_accounts.chain_hash text collate C not null default ''::text
customer_accounts.line_count bigint not null default 0
customer_accounts.line_hash text collate C not null default ''::text
customer_accounts.write_off_day_ms bigint not null default 0
customer_accounts.written_off bigint not null default 0
customer_accounts.exposure bigint not null default 0
customer_keys.id text collate C not null
customer_keys.account_id text collate C not null
customer_keys.member_id text collate C
customer_keys.key_hash text collate C not null
customer_keys.hint text collate C not null
customer_keys.label text collate C not null
customer_keys.scope text collate C not null
customer_keys.limits text collate C
customer_keys.replaces text collate C
customer_keys.created_at_ms bigint not null
customer_keys.revoked_at_ms bigint
document_counters.series text collate C not null
document_counters.year bigint not null
document_counters.last bigint not null
document_sellers.sequence bigint not null identity d
document_sellers.seller text collate C
document_sellers.since_ms bigint not null
holds.request_id text collate C not null
holds.account_id text collate C not null
holds.key_id text collate C
holds.amount bigint not null
holds.exposure bigint not null default 0
holds.counted_tokens bigint
holds.status text collate C not null
holds.owner_id text collate C not null
holds.opened_at_ms bigint not null
holds.expires_at_ms bigint not null
holds.ended_at_ms bigint
key_windows.key_id text collate C not null
key_windows.period text collate C not null
key_windows.start_ms bigint not null
key_windows.requests bigint not null default 0
key_windows.tokens bigint not null default 0
key_windows.spent bigint not null default 0
ledger_accounts.id text collate C not null
ledger_accounts.account_id text collate C
ledger_accounts.must_not_overdraw bigint not null
ledger_accounts.balance bigint not null default 0
ledger_transfers.sequence bigint not null identity d
ledger_transfers.id text collate C not null
ledger_transfers.kind text collate C not null
ledger_transfers.debit_id text collate C not null
ledger_transfers.credit_id text collate C not null
ledger_transfers.amount bigint not null
ledger_transfers.request_id text collate C
ledger_transfers.order_id text collate C
ledger_transfers.at_ms bigint not null
ledger_transfers.account_id text collate C not null
ledger_transfers.chain_position bigint not null
ledger_transfers.chain_hash text collate C not null
members.id text collate C not null
members.account_id text collate C not null
members.name text collate C not null
members.role text collate C not null
members.created_at_ms bigint not null
members.removed_at_ms bigint
monthly_spend.account_id text collate C not null
monthly_spend.month_start_ms bigint not null
monthly_spend.amount bigint not null
orders.id text collate C not null
orders.account_id text collate C not null
orders.origin text collate C not null
orders.status text collate C not null
orders.amount bigint not null
orders.created_at_ms bigint not null
orders.paid_at_ms bigint
orders.payment_id text collate C
orders.session_id text collate C
orders.checkout_url text collate C
orders.method_id text collate C
orders.failure text collate C
orders.paid_cents bigint
orders.paid_currency text collate C
orders.refunded bigint not null default 0
orders.disputed bigint not null default 0
orders.lost bigint not null default 0
orders.steps bigint not null default 0
overpayments.payment_id text collate C not null
overpayments.order_id text collate C not null
overpayments.paid_cents bigint not null
overpayments.paid_currency text collate C not null
overpayments.seen_at_ms bigint not null
overpayments.returned_at_ms bigint
payment_cursors.name text collate C not null
payment_cursors.reached_s bigint not null
payment_disputes.id text collate C not null
payment_disputes.payment_id text collate C not null
payment_disputes.currency text collate C not null
payment_disputes.amount_cents bigint not null
payment_disputes.status text collate C not null
payment_disputes.as_of_s bigint not null
payment_events.id text collate C not null
payment_events.type text collate C not null
payment_events.created_s bigint not null
payment_events.received_at_ms bigint not null
payment_events.source text collate C not null
payment_events.outcome text collate C not null
payment_profiles.account_id text collate C not null
payment_profiles.customer_id text collate C not null
payment_profiles.method_id text collate C
payment_profiles.method_as_of_s bigint not null default 0
payment_refunds.id text collate C not null
payment_refunds.payment_id text collate C not null
payment_refunds.amount_cents bigint not null
payment_refunds.status text collate C not null
payment_refunds.as_of_s bigint not null
payments.id text collate C not null
payments.order_id text collate C
payments.refunded_cents bigint not null default 0
pool_credentials.id text collate C not null
pool_credentials.pool text collate C not null
pool_credentials.name text collate C not null
pool_credentials.base_url text collate C not null
pool_credentials.dialect_family text collate C not null
pool_credentials.priority bigint not null
pool_credentials.weight bigint not null
pool_credentials.is_enabled bigint not null
pool_credentials.model_map text collate C not null
pool_credentials.sealed_secret text collate C not null
pool_credentials.master_key_id text collate C not null
pool_credentials.created_at_ms bigint not null
pool_credentials.updated_at_ms bigint not null
pool_credentials.removed_at_ms bigint
pool_routes.family text collate C not null
pool_routes.pools text collate C not null
pool_versions.id bigint not null
pool_versions.version bigint not null
price_versions.version text collate C not null
price_versions.content_hash text collate C not null
price_versions.content text collate C not null
price_versions.first_used_at_ms bigint not null
requests.id text collate C not null
requests.account_id text collate C not null
requests.customer_key_id text collate C not null
requests.created_at_ms bigint not null
requests.endpoint text collate C not null
requests.dialect text collate C not null
requests.model_requested text collate C not null
requests.model_served text collate C
requests.is_stream bigint not null
requests.catalogue_version text collate C not null
requests.status text collate C not null
requests.settled_at_ms bigint
requests.outcome text collate C
requests.http_status bigint
requests.error_code text collate C
requests.finish_reason text collate C
requests.usage text collate C
requests.usage_source text collate C not null
requests.unit_prices text collate C
requests.input_tokens bigint
requests.output_tokens bigint
requests.held bigint not null
requests.cost bigint not null
requests.written_off bigint not null
requests.upstream_cost bigint
requests.billing text collate C
requests.balance_after bigint
requests.ledger_sequence bigint
requests.attempts text collate C
requests.parts text collate C
requests.skipped_upstreams text collate C
schema_version.version bigint not null
statement_lines.account_id text collate C not null
statement_lines.sequence bigint not null
statement_lines.kind text collate C not null
statement_lines.amount bigint not null
statement_lines.balance_after bigint not null
statement_lines.request_id text collate C
statement_lines.order_id text collate C
statement_lines.description text collate C not null
statement_lines.at_ms bigint not null
statement_lines.receipt_hash text collate C
statement_lines.line_hash text collate C not null
unprocessed_payments.id text collate C not null
unprocessed_payments.kind text collate C not null
unprocessed_payments.error text collate C not null
unprocessed_payments.first_seen_ms bigint not null
unprocessed_payments.tried_at_ms bigint not null
unprocessed_payments.dismissed_at_ms bigint

-- constraints
account_windows account_windows_account_id_fkey FOREIGN KEY (account_id) REFERENCES customer_accounts(id)
account_windows account_windows_period_check CHECK ((period = ANY (ARRAY['minute'::text, 'burst'::text])))
account_windows account_windows_pkey PRIMARY KEY (account_id, period, start_ms)
account_windows account_windows_requests_check CHECK ((requests >= 0))
audit_entries audit_entries_pkey PRIMARY KEY (sequence)
audit_entries audit_entries_reason_check CHECK ((length(reason) > 0))
auto_topups auto_topups_account_id_fkey FOREIGN KEY (account_id) REFERENCES customer_accounts(id)
auto_topups auto_topups_check CHECK ((amount >= threshold))
auto_topups auto_topups_check1 CHECK ((monthly_cap >= amount))
auto_topups auto_topups_is_enabled_check CHECK ((is_enabled = ANY (ARRAY[(0)::bigint, (1)::bigint])))
auto_topups auto_topups_pkey PRIMARY KEY (account_id)
auto_topups auto_topups_threshold_check CHECK ((threshold > 0))
billing_documents billing_documents_account_id_fkey FOREIGN KEY (account_id) REFERENCES customer_accounts(id)
billing_documents billing_documents_check CHECK (((kind = 'invoice'::text) = (invoice_number IS NULL)))
billing_documents billing_documents_check1 CHECK (((kind = 'invoice'::text) = (reason IS NULL)))
billing_documents billing_documents_check2 CHECK (((tax_cents IS NULL) OR (paid_cents IS NOT NULL)))
billing_documents billing_documents_counter_check CHECK ((counter > 0))
billing_documents billing_documents_credit_check CHECK ((credit > 0))
billing_documents billing_documents_invoice_number_fkey FOREIGN KEY (invoice_number) REFERENCES billing_documents(number)
billing_documents billing_documents_kind_check CHECK ((kind = ANY (ARRAY['invoice'::text, 'credit_note'::text, 'debit_note'::text])))
billing_documents billing_documents_number_key UNIQUE (number)
billing_documents billing_documents_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id)
billing_documents billing_documents_paid_cents_check CHECK ((paid_cents >= 0))
billing_documents billing_documents_pkey PRIMARY KEY (sequence)
billing_documents billing_documents_reason_check CHECK ((reason = ANY (ARRAY['refund'::text, 'dispute'::text])))
billing_documents billing_documents_series_year_counter_key UNIQUE (series, year, counter)
billing_documents billing_documents_tax_cents_check CHECK ((tax_cents >= 0))
billing_profiles billing_profiles_account_id_fkey FOREIGN KEY (account_id) REFERENCES customer_accounts(id)
billing_profiles billing_profiles_pkey PRIMARY KEY (account_id)
claim_links claim_links_account_id_fkey FOREIGN KEY (account_id) REFERENCES customer_accounts(id)
claim_links claim_links_member_id_fkey FOREIGN KEY (member_id) REFERENCES members(id)
claim_links claim_links_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id)
claim_links claim_links_pkey PRIMARY KEY (token_hash)
claim_links claim_links_replaces_fkey FOREIGN KEY (replaces) REFERENCES customer_keys(id)
customer_accounts customer_accounts_billing_plan_check CHECK ((billing_plan = ANY (ARRAY['tokens'::text, 'credits'::text])))
customer_accounts customer_accounts_exposure_check CHECK ((exposure >= 0))
customer_accounts customer_accounts_monthly_cap_check CHECK ((monthly_cap >= 0))
customer_accounts customer_accounts_pkey PRIMARY KEY (id)
customer_accounts customer_accounts_written_off_check CHECK ((written_off >= 0))
customer_keys customer_keys_account_id_fkey FOREIGN KEY (account_id) REFERENCES customer_accounts(id)
customer_keys customer_keys_key_hash_key UNIQUE (key_hash)
customer_keys customer_keys_member_id_fkey FOREIGN KEY (member_id) REFERENCES members(id)
customer_keys customer_keys_pkey PRIMARY KEY (id)
customer_keys customer_keys_replaces_fkey FOREIGN KEY (replaces) REFERENCES customer_keys(id)
customer_keys customer_keys_scope_check CHECK ((scope = ANY (ARRAY['manage'::text, 'inference'::text])))
document_counters document_counters_last_check CHECK ((last > 0))
document_counters document_counters_pkey PRIMARY KEY (series, year)
document_sellers document_sellers_pkey PRIMARY KEY (sequence)
holds holds_account_id_fkey FOREIGN KEY (account_id) REFERENCES customer_accounts(id)
holds holds_amount_check CHECK ((amount >= 0))
holds holds_check CHECK (((status = 'open'::text) = (ended_at_ms IS NULL)))
holds holds_exposure_check CHECK ((exposure >= 0))
holds holds_pkey PRIMARY KEY (request_id)
holds holds_request_id_fkey FOREIGN KEY (request_id) REFERENCES requests(id)
holds holds_status_check CHECK ((status = ANY (ARRAY['open'::text, 'settled'::text, 'released'::text, 'expired'::text])))
key_windows key_windows_key_id_fkey FOREIGN KEY (key_id) REFERENCES customer_keys(id)
key_windows key_windows_period_check CHECK ((period = ANY (ARRAY['minute'::text, 'day'::text, 'week'::text, 'month'::text])))
key_windows key_windows_pkey PRIMARY KEY (key_id, period, start_ms)
key_windows key_windows_spent_check CHECK ((spent >= 0))
ledger_accounts ledger_accounts_account_id_fkey FOREIGN KEY (account_id) REFERENCES customer_accounts(id)
ledger_accounts ledger_accounts_check CHECK (((must_not_overdraw = 0) OR (balance >= 0)))
ledger_accounts ledger_accounts_must_not_overdraw_check CHECK ((must_not_overdraw = ANY (ARRAY[(0)::bigint, (1)::bigint])))
ledger_accounts ledger_accounts_pkey PRIMARY KEY (id)
ledger_transfers ledger_transfers_account_id_fkey FOREIGN KEY (account_id) REFERENCES customer_accounts(id)
ledger_transfers ledger_transfers_amount_check CHECK ((amount > 0))
ledger_transfers ledger_transfers_check CHECK ((debit_id <> credit_id))
ledger_transfers ledger_transfers_credit_id_fkey FOREIGN KEY (credit_id) REFERENCES ledger_accounts(id)
ledger_transfers ledger_transfers_debit_id_fkey FOREIGN KEY (debit_id) REFERENCES ledger_accounts(id)
ledger_transfers ledger_transfers_id_key UNIQUE (id)
ledger_transfers ledger_transfers_kind_check CHECK ((kind = ANY (ARRAY['grant'::text, 'topup'::text, 'hold'::text, 'charge'::text, 'return'::text, 'write_off'::text, 'refund'::text, 'refund_return'::text, 'dispute'::text, 'dispute_return'::text, 'loss'::text, 'loss_return'::text, 'owe'::text, 'repay'::text, 'cost'::text, 'adjust'::text])))
ledger_transfers ledger_transfers_pkey PRIMARY KEY (sequence)
members members_account_id_fkey FOREIGN KEY (account_id) REFERENCES customer_accounts(id)
members members_pkey PRIMARY KEY (id)
members members_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'member'::text])))
monthly_spend monthly_spend_account_id_fkey FOREIGN KEY (account_id) REFERENCES customer_accounts(id)
monthly_spend monthly_spend_amount_check CHECK ((amount >= 0))
monthly_spend monthly_spend_pkey PRIMARY KEY (account_id, month_start_ms)
orders orders_account_id_fkey FOREIGN KEY (account_id) REFERENCES customer_accounts(id)
orders orders_amount_check CHECK ((amount > 0))
orders orders_check CHECK (((refunded + disputed) <= amount))
orders orders_check1 CHECK (((paid_cents IS NULL) = (paid_currency IS NULL)))
orders orders_check2 CHECK (((paid_at_ms IS NULL) = (status = ANY (ARRAY['created'::text, 'pending'::text, 'expired'::text, 'failed'::text, 'in_review'::text]))))
orders orders_disputed_check CHECK ((disputed >= 0))
orders orders_lost_check CHECK ((lost >= 0))
orders orders_origin_check CHECK ((origin = ANY (ARRAY['customer'::text, 'auto'::text])))
orders orders_paid_cents_check CHECK ((paid_cents > 0))
orders orders_payment_id_key UNIQUE (payment_id)
orders orders_pkey PRIMARY KEY (id)
orders orders_refunded_check CHECK ((refunded >= 0))
orders orders_session_id_key UNIQUE (session_id)
orders orders_status_check CHECK ((status = ANY (ARRAY['created'::text, 'pending'::text, 'expired'::text, 'failed'::text, 'in_review'::text, 'paid_confirmed'::text, 'partially_refunded'::text, 'refunded'::text, 'disputed'::text, 'charged_back'::text])))
overpayments overpayments_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id)
overpayments overpayments_paid_cents_check CHECK ((paid_cents > 0))
overpayments overpayments_pkey PRIMARY KEY (payment_id)
payment_cursors payment_cursors_pkey PRIMARY KEY (name)
payment_disputes payment_disputes_amount_cents_check CHECK ((amount_cents >= 0))
payment_disputes payment_disputes_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payments(id)
payment_disputes payment_disputes_pkey PRIMARY KEY (id)
payment_events payment_events_pkey PRIMARY KEY (id)
payment_events payment_events_source_check CHECK ((source = ANY (ARRAY['webhook'::text, 'reconciler'::text])))
payment_profiles payment_profiles_account_id_fkey FOREIGN KEY (account_id) REFERENCES customer_accounts(id)
payment_profiles payment_profiles_customer_id_key UNIQUE (customer_id)
payment_profiles payment_profiles_pkey PRIMARY KEY (account_id)
payment_refunds payment_refunds_amount_cents_check CHECK ((amount_cents >= 0))
payment_refunds payment_refunds_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payments(id)
payment_refunds payment_refunds_pkey PRIMARY KEY (id)
payments payments_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id)
payments payments_pkey PRIMARY KEY (id)
payments payments_refunded_cents_check CHECK ((refunded_cents >= 0))
pool_credentials pool_credentials_dialect_family_check CHECK ((dialect_family = ANY (ARRAY['openai'::text, 'anthropic'::text])))
pool_credentials pool_credentials_is_enabled_check CHECK ((is_enabled = ANY (ARRAY[(0)::bigint, (1)::bigint])))
pool_credentials pool_credentials_pkey PRIMARY KEY (id)
pool_credentials pool_credentials_weight_check CHECK ((weight > 0))
pool_routes pool_routes_pkey PRIMARY KEY (family)
pool_versions pool_versions_id_check CHECK ((id = 1))
pool_versions pool_versions_pkey PRIMARY KEY (id)
price_versions price_versions_pkey PRIMARY KEY (version)
requests requests_account_id_fkey FOREIGN KEY (account_id) REFERENCES customer_accounts(id)
requests requests_check CHECK ((cost <= held))
requests requests_cost_check CHECK ((cost >= 0))
requests requests_customer_key_id_fkey FOREIGN KEY (customer_key_id) REFERENCES customer_keys(id)
requests requests_held_check CHECK ((held >= 0))
requests requests_is_stream_check CHECK ((is_stream = ANY (ARRAY[(0)::bigint, (1)::bigint])))
requests requests_pkey PRIMARY KEY (id)
requests requests_status_check CHECK ((status = ANY (ARRAY['open'::text, 'settled'::text, 'released'::text])))
requests requests_upstream_cost_check CHECK ((upstream_cost >= 0))
requests requests_usage_source_check CHECK ((usage_source = ANY (ARRAY['provider'::text, 'estimated'::text, 'missing'::text])))
requests requests_written_off_check CHECK ((written_off >= 0))
statement_lines statement_lines_account_id_fkey FOREIGN KEY (account_id) REFERENCES customer_accounts(id)
statement_lines statement_lines_kind_check CHECK ((kind = ANY (ARRAY['topup'::text, 'usage'::text, 'adjustment'::text, 'refund'::text, 'grant'::text])))
statement_lines statement_lines_pkey PRIMARY KEY (account_id, sequence)
statement_lines statement_lines_sequence_check CHECK ((sequence > 0))
unprocessed_payments unprocessed_payments_kind_check CHECK ((kind = ANY (ARRAY['event'::text, 'refund'::text, 'dispute'::text])))
unprocessed_payments unprocessed_payments_pkey PRIMARY KEY (id)

-- indexes
CREATE UNIQUE INDEX account_windows_pkey ON public.account_windows USING btree (account_id, period, start_ms)
CREATE INDEX audit_entries_by_account ON public.audit_entries USING btree (account_id) WHERE (account_id IS NOT NULL)
CREATE INDEX audit_entries_by_subject ON public.audit_entries USING btree (subject)
CREATE UNIQUE INDEX audit_entries_pkey ON public.audit_entries USING btree (sequence)
CREATE UNIQUE INDEX auto_topups_pkey ON public.auto_topups USING btree (account_id)
CREATE INDEX billing_documents_by_account ON public.billing_documents USING btree (account_id, sequence)
CREATE INDEX billing_documents_by_order ON public.billing_documents USING btree (order_id)
CREATE UNIQUE INDEX billing_documents_number_key ON public.billing_documents USING btree (number)
CREATE UNIQUE INDEX billing_documents_one_invoice ON public.billing_documents USING btree (order_id) WHERE (kind = 'invoice'::text)
CREATE UNIQUE INDEX billing_documents_pkey ON public.billing_documents USING btree (sequence)
CREATE UNIQUE INDEX billing_documents_series_year_counter_key ON public.billing_documents USING btree (series, year, counter)
CREATE UNIQUE INDEX billing_profiles_pkey ON public.billing_profiles USING btree (account_id)
CREATE UNIQUE INDEX claim_links_by_order ON public.claim_links USING btree (order_id) WHERE (order_id IS NOT NULL)
CREATE UNIQUE INDEX claim_links_pkey ON public.claim_links USING btree (token_hash)
CREATE UNIQUE INDEX customer_accounts_pkey ON public.customer_accounts USING btree (id)
CREATE INDEX customer_keys_by_account ON public.customer_keys USING btree (account_id)
CREATE INDEX customer_keys_by_member ON public.customer_keys USING btree (member_id) WHERE (member_id IS NOT NULL)
CREATE UNIQUE INDEX customer_keys_key_hash_key ON public.customer_keys USING btree (key_hash)
CREATE UNIQUE INDEX customer_keys_pkey ON public.customer_keys USING btree (id)
CREATE UNIQUE INDEX document_counters_pkey ON public.document_counters USING btree (series, year)
CREATE UNIQUE INDEX document_sellers_pkey ON public.document_sellers USING btree (sequence)
CREATE INDEX holds_open ON public.holds USING btree (expires_at_ms) WHERE (status = 'open'::text)
CREATE INDEX holds_open_by_key ON public.holds USING btree (key_id) WHERE ((status = 'open'::text) AND (key_id IS NOT NULL))
CREATE UNIQUE INDEX holds_pkey ON public.holds USING btree (request_id)
CREATE UNIQUE INDEX key_windows_pkey ON public.key_windows USING btree (key_id, period, start_ms)
CREATE INDEX ledger_accounts_by_account ON public.ledger_accounts USING btree (account_id)
CREATE UNIQUE INDEX ledger_accounts_pkey ON public.ledger_accounts USING btree (id)
CREATE UNIQUE INDEX ledger_transfers_by_chain ON public.ledger_transfers USING btree (account_id, chain_position)
CREATE INDEX ledger_transfers_by_order ON public.ledger_transfers USING btree (order_id) WHERE (order_id IS NOT NULL)
CREATE INDEX ledger_transfers_by_request ON public.ledger_transfers USING btree (request_id) WHERE (request_id IS NOT NULL)
CREATE INDEX ledger_transfers_from_platform ON public.ledger_transfers USING btree (debit_id, sequence) WHERE (debit_id ~~ 'platform:%'::text)
CREATE UNIQUE INDEX ledger_transfers_id_key ON public.ledger_transfers USING btree (id)
CREATE UNIQUE INDEX ledger_transfers_pkey ON public.ledger_transfers USING btree (sequence)
CREATE INDEX ledger_transfers_to_platform ON public.ledger_transfers USING btree (credit_id, sequence) WHERE (credit_id ~~ 'platform:%'::text)
CREATE INDEX members_by_account ON public.members USING btree (account_id, id)
CREATE UNIQUE INDEX members_pkey ON public.members USING btree (id)
CREATE UNIQUE INDEX monthly_spend_pkey ON public.monthly_spend USING btree (account_id, month_start_ms)
CREATE INDEX orders_by_account ON public.orders USING btree (account_id, created_at_ms)
CREATE UNIQUE INDEX orders_one_automatic ON public.orders USING btree (account_id) WHERE ((origin = 'auto'::text) AND (status = ANY (ARRAY['created'::text, 'pending'::text])))
CREATE INDEX orders_open ON public.orders USING btree (created_at_ms) WHERE (status = ANY (ARRAY['created'::text, 'pending'::text]))
CREATE UNIQUE INDEX orders_payment_id_key ON public.orders USING btree (payment_id)
CREATE UNIQUE INDEX orders_pkey ON public.orders USING btree (id)
CREATE UNIQUE INDEX orders_session_id_key ON public.orders USING btree (session_id)
CREATE INDEX overpayments_by_order ON public.overpayments USING btree (order_id)
CREATE UNIQUE INDEX overpayments_pkey ON public.overpayments USING btree (payment_id)
CREATE UNIQUE INDEX payment_cursors_pkey ON public.payment_cursors USING btree (name)
CREATE INDEX payment_disputes_by_payment ON public.payment_disputes USING btree (payment_id)
CREATE UNIQUE INDEX payment_disputes_pkey ON public.payment_disputes USING btree (id)
CREATE UNIQUE INDEX payment_events_pkey ON public.payment_events USING btree (id)
CREATE UNIQUE INDEX payment_profiles_customer_id_key ON public.payment_profiles USING btree (customer_id)
CREATE UNIQUE INDEX payment_profiles_pkey ON public.payment_profiles USING btree (account_id)
CREATE INDEX payment_refunds_by_payment ON public.payment_refunds USING btree (payment_id)
CREATE UNIQUE INDEX payment_refunds_pkey ON public.payment_refunds USING btree (id)
CREATE INDEX payments_by_order ON public.payments USING btree (order_id) WHERE (order_id IS NOT NULL)
CREATE UNIQUE INDEX payments_pkey ON public.payments USING btree (id)
CREATE UNIQUE INDEX pool_credentials_by_name ON public.pool_credentials USING btree (pool, name) WHERE (removed_at_ms IS NULL)
CREATE UNIQUE INDEX pool_credentials_pkey ON public.pool_credentials USING btree (id)
CREATE UNIQUE INDEX pool_routes_pkey ON public.pool_routes USING btree (family)
CREATE UNIQUE INDEX pool_versions_pkey ON public.pool_versions USING btree (id)
CREATE UNIQUE INDEX price_versions_pkey ON public.price_versions USING btree (version)
CREATE INDEX requests_by_account ON public.requests USING btree (account_id, settled_at_ms)
CREATE INDEX requests_by_settlement ON public.requests USING btree (settled_at_ms) WHERE (settled_at_ms IS NOT NULL)
CREATE UNIQUE INDEX requests_pkey ON public.requests USING btree (id)
CREATE INDEX statement_lines_credits ON public.statement_lines USING btree (account_id, amount) WHERE (kind <> 'usage'::text)
CREATE UNIQUE INDEX statement_lines_one_receipt ON public.statement_lines USING btree (request_id) WHERE (receipt_hash IS NOT NULL)
CREATE UNIQUE INDEX statement_lines_one_topup ON public.statement_lines USING btree (order_id) WHERE (kind = 'topup'::text)
CREATE UNIQUE INDEX statement_lines_pkey ON public.statement_lines USING btree (account_id, sequence)
CREATE INDEX unprocessed_payments_open ON public.unprocessed_payments USING btree (tried_at_ms) WHERE (dismissed_at_ms IS NULL)
CREATE UNIQUE INDEX unprocessed_payments_pkey ON public.unprocessed_payments USING btree (id)

-- triggers
CREATE TRIGGER audit_entries_no_change BEFORE DELETE OR UPDATE ON public.audit_entries FOR EACH ROW EXECUTE FUNCTION refuse_change('the audit log is append-only')
CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON public.audit_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('the audit log is append-only')
CREATE TRIGGER billing_documents_no_change BEFORE DELETE OR UPDATE ON public.billing_documents FOR EACH ROW EXECUTE FUNCTION refuse_change('billing documents are append-only')
CREATE TRIGGER billing_documents_no_truncate BEFORE TRUNCATE ON public.billing_documents FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('billing documents are append-only')
CREATE TRIGGER document_sellers_no_change BEFORE DELETE OR UPDATE ON public.document_sellers FOR EACH ROW EXECUTE FUNCTION refuse_change('the list of sellers is append-only')
CREATE TRIGGER document_sellers_no_truncate BEFORE TRUNCATE ON public.document_sellers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('the list of sellers is append-only')
CREATE TRIGGER holds_end_once BEFORE UPDATE ON public.holds FOR EACH ROW EXECUTE FUNCTION end_hold_once()
CREATE TRIGGER ledger_accounts_keep_rules BEFORE UPDATE ON public.ledger_accounts FOR EACH ROW EXECUTE FUNCTION keep_ledger_account()
CREATE TRIGGER ledger_accounts_no_delete BEFORE DELETE ON public.ledger_accounts FOR EACH ROW EXECUTE FUNCTION refuse_change('ledger accounts are kept')
CREATE TRIGGER ledger_transfers_move AFTER INSERT ON public.ledger_transfers REFERENCING NEW TABLE AS posted FOR EACH STATEMENT EXECUTE FUNCTION move_balances()
CREATE TRIGGER ledger_transfers_no_change BEFORE DELETE OR UPDATE ON public.ledger_transfers FOR EACH ROW EXECUTE FUNCTION refuse_change('the ledger is append-only')
CREATE TRIGGER ledger_transfers_no_truncate BEFORE TRUNCATE ON public.ledger_transfers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('the ledger is append-only')
CREATE TRIGGER price_versions_no_change BEFORE DELETE OR UPDATE ON public.price_versions FOR EACH ROW EXECUTE FUNCTION refuse_change('price versions are append-only')
CREATE TRIGGER price_versions_no_truncate BEFORE TRUNCATE ON public.price_versions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('price versions are append-only')
CREATE TRIGGER statement_lines_no_change BEFORE DELETE OR UPDATE ON public.statement_lines FOR EACH ROW EXECUTE FUNCTION refuse_change('statements are append-only')
CREATE TRIGGER statement_lines_no_truncate BEFORE TRUNCATE ON public.statement_lines FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('statements are append-only')

-- functions
CREATE OR REPLACE FUNCTION public.end_hold_once()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if old.status <> 'open' then raise exception 'this hold has ended'; end if;
  return new;
end $function$
CREATE OR REPLACE FUNCTION public.keep_ledger_account()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if new.id <> old.id or new.account_id is distinct from old.account_id or new.must_not_overdraw <> old.must_not_overdraw then
    raise exception 'ledger accounts keep their rules';
  end if;
  if new.balance > 0 and new.id like 'customer:%:owed' then
    raise exception 'more was repaid than is owed';
  end if;
  return new;
end $function$
CREATE OR REPLACE FUNCTION public.move_balances()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  update ledger_accounts a set balance = a.balance + m.delta
  from (
    select id, sum(delta) as delta from (
      select debit_id as id, -amount as delta from posted union all select credit_id, amount from posted
    ) moves group by id
  ) m
  where a.id = m.id and a.account_id is not null and m.delta <> 0;
  return null;
end $function$
CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception '%', tg_argv[0];
end $function$
