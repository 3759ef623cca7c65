package org.millrace.crawler;

import crawlercommons.robots.BaseRobotRules;
import crawlercommons.robots.SimpleRobotRules;
import crawlercommons.robots.SimpleRobotRules.RobotRulesMode;
import crawlercommons.robots.SimpleRobotRulesParser;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// What the robots.txt of one origin asks of us (RFC 9309).
final class Robots {

    private final BaseRobotRules rules;
    private final String why;

    private Robots(BaseRobotRules rules, String why) {
        this.rules = rules;
        this.why = why;
    }

    /// The rules that follow from the answer to the request for robots.txt.
    ///
    /// A 4xx answer means that there are none; any other failure means that everything is forbidden
    /// until robots.txt can be read (RFC 9309 section 2.3.1). 429 is a busy server, no missing file.
    ///
    /// @param agent product token that the rules are addressed to
    static Robots of(NormalUrl robotsTxt, Fetch answer, String agent) {
        return switch (answer) {
            case Fetch.Fetched(var _, byte[] body, Headers headers) ->
                new Robots(
                        new SimpleRobotRulesParser()
                                .parseContent(
                                        robotsTxt.toString(),
                                        body,
                                        headers.contentType(),
                                        Set.of(agent.toLowerCase(Locale.ROOT))),
                        "robots.txt forbids it");
            case Fetch.Unchanged _ -> throw new IllegalStateException("robots.txt is asked for unconditionally");
            case Fetch.HttpError(int status, var _) when status / 100 == 4 && status != 429 -> allowAll();
            case Fetch.HttpError(int status, var _) -> allowNone("robots.txt could not be read: status " + status);
            case Fetch.Failed(String cause, var _) -> allowNone("robots.txt could not be read: " + cause);
            // More redirects than are followed count as no robots.txt (RFC 9309 section 2.3.1.2).
            case Fetch.Redirected _ -> allowAll();
            case Fetch.Disallowed(String cause) -> allowNone("robots.txt could not be read: " + cause);
        };
    }

    private static Robots allowAll() {
        return new Robots(new SimpleRobotRules(RobotRulesMode.ALLOW_ALL), "");
    }

    private static Robots allowNone(String why) {
        return new Robots(new SimpleRobotRules(RobotRulesMode.ALLOW_NONE), why);
    }

    boolean allow(NormalUrl url) {
        return rules.isAllowed(url.toString());
    }

    /// Why a URL is not allowed, for people.
    String why() {
        return why;
    }

    Duration crawlDelay() {
        return Duration.ofMillis(Math.max(0, rules.getCrawlDelay()));
    }

    List<NormalUrl> sitemaps() {
        return rules.getSitemaps().stream()
                .map(NormalUrl::of)
                .flatMap(Optional::stream)
                .distinct()
                .toList();
    }
}
