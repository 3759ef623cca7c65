package org.millrace.crawler.web;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/// Knows the parts of a URL that name a visit or a campaign and not a page: with them a site of a
/// thousand pages has a thousand new URLs for each visitor.
final class Tracking {

    /// Set by advertisers, mailers and analytics; no page depends on one of these.
    private static final Set<String> CAMPAIGNS = Set.of(
            "gclid",
            "gclsrc",
            "dclid",
            "gbraid",
            "wbraid",
            "gad_source",
            "gad_campaignid",
            "srsltid",
            "fbclid",
            "msclkid",
            "yclid",
            "ysclid",
            "twclid",
            "ttclid",
            "li_fat_id",
            "igshid",
            "igsh",
            "epik",
            "mc_cid",
            "mc_eid",
            "mkt_tok",
            "_ga",
            "_gl",
            "_hsenc",
            "_hsmi",
            "__hstc",
            "__hssc",
            "__hsfp",
            "hsctatracking",
            "vero_id",
            "vero_conv",
            "oly_anon_id",
            "oly_enc_id",
            "wickedid",
            "rb_clickid",
            "ml_subscriber",
            "ml_subscriber_hash",
            "_openstat",
            "s_kwcid",
            "ef_id",
            "irclickid",
            "cvid",
            "oicd");

    /// Names of session ids that are nothing else.
    private static final Set<String> SESSIONS =
            Set.of("jsessionid", "phpsessid", "aspsessionid", "sessionid", "session_id", "sessid", "cfid", "cftoken");

    /// Names that are session ids where their value looks like one: `sid=7` may be a story.
    private static final Set<String> PERHAPS_SESSIONS = Set.of("sid", "session", "s", "zenid", "oscsid", "token");

    private static final Pattern TOKEN = Pattern.compile("(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9_-]{16,}");

    /// `;jsessionid=…` of servlets, `/(S(…))/` of ASP.NET.
    private static final Pattern PATH_SESSION = Pattern.compile(
            ";(?:jsessionid|phpsessid|sid)=[^/;?]*|/\\([SAF]\\([^/()]{8,}\\)\\)", Pattern.CASE_INSENSITIVE);

    private Tracking() {}

    static String removed(String path) {
        int query = path.indexOf('?');
        String bare = query < 0 ? path : path.substring(0, query);
        if (bare.indexOf(';') >= 0 || bare.indexOf('(') >= 0) {
            bare = PATH_SESSION.matcher(bare).replaceAll("");
            bare = bare.isEmpty() ? "/" : bare;
        }
        return query < 0 ? bare : bare + withoutTracking(path.substring(query + 1));
    }

    /// The query with its question mark, or nothing where nothing is left of it.
    private static String withoutTracking(String query) {
        StringBuilder kept = new StringBuilder(query.length() + 1);
        boolean dropped = false;
        for (int start = 0; start <= query.length(); ) {
            int end = query.indexOf('&', start);
            end = end < 0 ? query.length() : end;
            String parameter = query.substring(start, end);
            if (isTracking(parameter)) {
                dropped = true;
            } else {
                kept.append(kept.isEmpty() ? '?' : '&').append(parameter);
            }
            start = end + 1;
        }
        return dropped ? kept.toString() : "?" + query;
    }

    private static boolean isTracking(String parameter) {
        int equals = parameter.indexOf('=');
        String name = (equals < 0 ? parameter : parameter.substring(0, equals)).toLowerCase(Locale.ROOT);
        return name.startsWith("utm_")
                || CAMPAIGNS.contains(name)
                || SESSIONS.contains(name)
                || name.startsWith("aspsessionid")
                || PERHAPS_SESSIONS.contains(name)
                        && equals >= 0
                        && TOKEN.matcher(parameter.substring(equals + 1)).matches();
    }
}
