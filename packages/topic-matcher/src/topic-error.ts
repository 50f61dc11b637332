/** Why a string is no Topic Name or no Topic Filter; stable, made for `switch`. */
export type TopicErrorCode =
  | 'empty'
  | 'too-long'
  | 'too-many-levels'
  | 'null-character'
  | 'ill-formed'
  | 'wildcard'
  | 'bad-wildcard'
  | 'bad-share-name';

/** What is wrong with a Topic Name or Topic Filter: a value, never thrown by this package. */
export interface TopicError {
  readonly code: TopicErrorCode;
  /** One sentence for people; it never quotes the topic. */
  readonly message: string;
}
