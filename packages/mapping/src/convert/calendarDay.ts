const formats = new Map<string, Intl.DateTimeFormat>();

/** The calendar day of a moment in a time zone, `YYYY-MM-DD`. @param zone an IANA name. @throws RangeError for no moment, no zone. */
export const calendarDay = (moment: Date, zone: string): string => {
  let format = formats.get(zone);
  if (format === undefined) {
    // The Swedish way to write a date is ISO 8601's.
    format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' });
    formats.set(zone, format);
  }
  return format.format(moment);
};
