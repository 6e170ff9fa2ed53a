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
      readonly dropdown_options?: readonly {
        readonly id: number;
        readonly text: string;
        readonly rank?: number;
        readonly color?: number;
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
    }
  | {
      readonly kind: 'list_entry';
      readonly id: number;
      readonly list_id: number;
      readonly entity_id: number;
      readonly creator_id?: number | null;
      readonly created_at?: string;
      readonly values?: Readonly<Record<string, AffinityCell | readonly AffinityCell[] | null>>;
    }
  | {
      readonly kind: 'note';
      readonly id: number;
      readonly content: string;
      /** What v2 shows; made from `content` when absent. */
      readonly html?: string;
      readonly creator_id?: number;
      readonly person_ids?: readonly number[];
      readonly organization_ids?: readonly number[];
      readonly opportunity_ids?: readonly number[];
      readonly parent_id?: number | null;
      readonly created_at?: string;
      readonly updated_at?: string | null;
    }
  /** From then on the loser answers 422 in v1 and 404 in v2. */
  | {
      readonly kind: 'merge';
      readonly entity: 'person' | 'organization';
      readonly loser: number;
      readonly winner: number;
    };

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
