// The few members of parquetjs-lite that tests and the dataset check use; the package has no types.
declare module "parquetjs-lite" {
  export class ParquetSchema {
    constructor(fields: Record<string, unknown>);
  }
  export class ParquetWriter {
    static openFile(schema: ParquetSchema, path: string): Promise<ParquetWriter>;
    appendRow(row: Record<string, unknown>): Promise<void>;
    setRowGroupSize(rows: number): void;
    close(): Promise<void>;
  }
  export class ParquetReader {
    static openFile(path: string): Promise<ParquetReader>;
    getCursor(columns?: readonly (string | readonly string[])[]): {
      next(): Promise<Record<string, unknown> | null>;
    };
    close(): Promise<void>;
  }
}
