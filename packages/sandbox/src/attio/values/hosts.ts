/** Suffixes of two labels under which anybody may register: a handful of the public list, enough for the sandbox. */
const DOUBLE_SUFFIXES = new Set(
  'co.uk org.uk ac.uk gov.uk com.au net.au org.au co.nz co.jp ne.jp or.jp co.kr co.in com.br com.mx com.ar com.sg com.hk com.tw com.cn com.tr co.za co.il'.split(
    ' ',
  ),
);

const HOST = /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{2,59})$/;

/** Whether this lower-case text can be the name of a host under some top-level domain. */
export const isHost = (host: string): boolean => HOST.test(host);

/** `mail.quayside.co.uk` belongs to `quayside.co.uk`. */
export function rootDomain(host: string): string {
  const labels = host.split('.');
  const lastTwo = labels.slice(-2).join('.');
  return DOUBLE_SUFFIXES.has(lastTwo) ? labels.slice(-3).join('.') : lastTwo;
}

/** Providers of private mailboxes: their domain says nothing of an employer, so it makes no company. */
export const FREE_MAIL: ReadonlySet<string> = new Set(
  `gmail.com googlemail.com outlook.com hotmail.com hotmail.co.uk live.com msn.com yahoo.com yahoo.co.uk yahoo.fr
  ymail.com icloud.com me.com mac.com aol.com gmx.com gmx.de gmx.net web.de t-online.de proton.me protonmail.com pm.me
  mail.com mail.ru yandex.com yandex.ru zoho.com fastmail.com hey.com qq.com 163.com 126.com naver.com orange.fr
  free.fr laposte.net libero.it comcast.net verizon.net att.net`.split(/\s+/),
);
