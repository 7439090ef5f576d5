// A stream's address with a login in it (RFC 3986, section 3.2.1), whatever characters that has.

const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);

/** Without a user the address stays as it is, with the login that may stand in it. */
export function withLogin(url: string, user: string, password: string): string {
  if (!user) return url;
  return url.replace(
    /^(\w+:\/\/)(?:[^/?#]*@)?/,
    (_, scheme: string) => `${scheme}${encode(user)}:${encode(password)}@`,
  );
}

/** As a search finds it, which knows no login. */
export function withoutLogin(url: string): string {
  return url.replace(/^(\w+:\/\/)[^/?#]*@/, "$1");
}
