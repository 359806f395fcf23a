declare module 'datapackage' {
  interface Resource {
    readonly name: string;
    readonly descriptor: { readonly schema: { readonly primaryKey: readonly string[] } };
    read(options: { keyed: true }): Promise<Record<string, unknown>[]>;
  }
  export class Package {
    static load(descriptor: unknown): Promise<Package>;
    readonly valid: boolean;
    readonly errors: readonly Error[];
    readonly resources: readonly Resource[];
  }
}
