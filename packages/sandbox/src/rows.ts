/** The rows that the seeding door takes, one JSON object a line. */

/** A cell as `/field-values` would show it; dropdowns by their text. Several values of a cell are an array. */
export type AffinityCell = string | number | Readonly<Record<string, unknown>>;

export type AffinityRow =
  | {
      readonly kind: 'user';
      readonly id: number;
      readonly first_name: string;
      readonly last_name: string;
      readonly email: string;
      readonly emails?: readonly string[];
      readonly status?: 'active' | 'deactivated' | 'invited';
    }
  | {
      readonly kind: 'field';
      readonly id: number;
      readonly name: string;
      /** 0 person, 1 organization, 8 opportunity. */
      readonly entity_type: 0 | 1 | 8;
      readonly list_id?: number | null;
      readonly value_type: number;
      readonly allows_multiple?: boolean;
      readonly track_changes?: boolean;
      readonly enrichment_source?: string;
      /** A type that v1 does not know: the field is then shown by v2 only, its values as they are given. */
      readonly v2_type?: 'formula-number' | 'interaction' | 'list-multi' | 'note' | 'reminder';
      /** A ranked dropdown that later versions of v2 call `status-dropdown`. */
      readonly is_status?: boolean;
      readonly dropdown_options?: readonly {
        readonly id: number;
        readonly text: string;
        readonly rank?: number;
        readonly color?: number;
        readonly category?: 'open' | 'won' | 'lost' | 'on-hold';
        readonly win_rate?: number;
      }[];
    }
  | {
      readonly kind: 'organization';
      readonly id: number;
      readonly name: string;
      readonly domain?: string | null;
      readonly domains?: readonly string[];
      readonly global?: boolean;
      readonly values?: Readonly<Record<string, AffinityCell | readonly AffinityCell[] | null>>;
    }
  | {
      readonly kind: 'person';
      readonly id: number;
      readonly first_name?: string | null;
      readonly last_name?: string | null;
      readonly primary_email?: string | null;
      readonly emails?: readonly string[];
      readonly organization_ids?: readonly number[];
      /** The subset that `with_current_organizations` shows; all of them when absent. */
      readonly current_organization_ids?: readonly number[];
      /** 0 external, 1 internal. */
      readonly type?: 0 | 1;
      /** References to the person say `collaborator`. */
      readonly is_collaborator?: boolean;
      readonly values?: Readonly<Record<string, AffinityCell | readonly AffinityCell[] | null>>;
    }
  | {
      readonly kind: 'list';
      readonly id: number;
      readonly name: string;
      readonly type: 0 | 1 | 8;
      readonly public?: boolean;
      readonly owner_id?: number;
      readonly creator_id?: number;
    }
  | {
      readonly kind: 'opportunity';
      readonly id: number;
      readonly name: string;
      readonly list_id: number;
      readonly person_ids?: readonly number[];
      readonly organization_ids?: readonly number[];
      /** What the key's user may see of it: without its fields (`restricted`), and not even its name (`redacted`). */
      readonly access?: 'full' | 'restricted' | 'redacted';
    }
  | {
      readonly kind: 'list_entry';
      readonly id: number;
      readonly list_id: number;
      readonly entity_id: number;
      readonly creator_id?: number | null;
      readonly created_at?: string;
      /** Counted in `list_size`, and not seen by the key's user. */
      readonly invisible?: boolean;
      readonly values?: Readonly<Record<string, AffinityCell | readonly AffinityCell[] | null>>;
    }
  | {
      readonly kind: 'note';
      readonly id: number;
      /** 0 plain text, 2 HTML (the usual), 3 by the AI notetaker. */
      readonly type?: 0 | 2 | 3;
      /** What v1 shows; made from `html` when absent. */
      readonly content?: string;
      /** What v2 shows; made from `content` when absent. */
      readonly html?: string | null;
      readonly creator_id?: number;
      /** Attached by hand. */
      readonly person_ids?: readonly number[];
      readonly interaction_person_ids?: readonly number[];
      readonly mentioned_person_ids?: readonly number[];
      /** The meeting, call, chat message or email that it belongs to. */
      readonly interaction?: { readonly id: number; readonly type: 0 | 1 | 2 | 3 };
      /** Private and custom ones are seen by their creator and by `shared_with`; the key's user is the first seeded one. */
      readonly sharing?: 'public' | 'private' | 'custom';
      readonly shared_with?: readonly number[];
      readonly organization_ids?: readonly number[];
      readonly opportunity_ids?: readonly number[];
      readonly parent_id?: number | null;
      readonly created_at?: string;
      readonly updated_at?: string | null;
    }
  /** Hangs on at most one person, organization or opportunity. */
  | ({
      readonly kind: 'reminder';
      readonly id: number;
      /** 0 one-time, 1 recurring. */
      readonly type?: 0 | 1;
      readonly content: string;
      readonly due_date: string;
      /** 0 interaction, 1 email, 2 meeting. */
      readonly reset_type?: 0 | 1 | 2 | null;
      readonly reminder_days?: number | null;
      /** 0 completed, 1 active, 2 overdue. */
      readonly status?: 0 | 1 | 2;
      readonly creator_id?: number | null;
      readonly owner_id?: number | null;
      readonly completer_id?: number | null;
      readonly created_at?: string;
      readonly completed_at?: string | null;
    } & AffinityHolder)
  | ({
      readonly kind: 'file';
      readonly id: number;
      readonly name: string;
      /** Bytes. */
      readonly size: number;
      readonly content_type?: string;
      readonly uploader_id?: number | null;
      readonly created_at?: string;
    } & AffinityHolder)
  | {
      readonly kind: 'interaction';
      /** Unique within its type. */
      readonly id: number;
      /** 0 meeting, 1 call, 2 chat message, 3 email. */
      readonly type: 0 | 1 | 2 | 3;
      readonly date: string;
      readonly subject?: string | null;
      readonly person_ids?: readonly number[];
      readonly organization_ids?: readonly number[];
      readonly opportunity_ids?: readonly number[];
    }
  | {
      readonly kind: 'field_value_change';
      readonly id: number;
      readonly field_id: number;
      readonly entity_id: number;
      readonly list_entry_id?: number | null;
      /** 0 create, 1 delete, 2 update. */
      readonly action_type: 0 | 1 | 2;
      readonly changer_id?: number | null;
      readonly changed_at: string;
      readonly value: unknown;
    }
  | {
      readonly kind: 'saved_view';
      readonly id: number;
      readonly list_id: number;
      readonly name: string;
      /** Only sheets give out their entries. */
      readonly type?: 'sheet' | 'board' | 'dashboard';
      readonly field_ids?: readonly number[];
      /** All of the list's when absent. */
      readonly entry_ids?: readonly number[];
    }
  /** From then on the loser answers 422 in v1 and 404 in v2. */
  | {
      readonly kind: 'merge';
      readonly entity: 'person' | 'organization';
      readonly loser: number;
      readonly winner: number;
    };

interface AffinityHolder {
  readonly person_id?: number | null;
  readonly organization_id?: number | null;
  readonly opportunity_id?: number | null;
}

type AttioValues = Readonly<Record<string, unknown>>;

export type AttioRow =
  /** `force` lets a unique value repeat, which no write could do. */
  | { readonly kind: 'company' | 'person' | 'deal'; readonly values: AttioValues; readonly force?: boolean }
  | { readonly kind: 'record'; readonly object: string; readonly values: AttioValues; readonly force?: boolean }
  /** `attribute` as in the body of a creation, without the envelope. */
  | {
      readonly kind: 'attribute';
      readonly object: string;
      readonly attribute: AttioValues;
      readonly options?: readonly string[];
    };
