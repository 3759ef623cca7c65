package org.millrace.crawler.manners;

import crawlercommons.robots.SimpleRobotRules;
import crawlercommons.robots.SimpleRobotRulesParser;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.millrace.crawler.web.NormalUrl;

/// The rules of one robots.txt that are addressed to us (RFC 9309).
///
/// crawler-commons reads the groups. The rules are matched here: its own matching gives up where a
/// wildcard would have to try a second place (`/*.gif$` and `/a.gif/b.gif`), where `$` is no end, and
/// where a URL has bare brackets; each time it would allow what is forbidden.
///
/// @param rules the longest first, of equally long ones the allowing first: the first that matches counts
/// @param crawlDelay zero where none is asked for
record RobotsTxt(List<Rule> rules, Duration crawlDelay, List<NormalUrl> sitemaps) {

    static final RobotsTxt EMPTY = new RobotsTxt(List.of(), Duration.ZERO, List.of());

    /// A delay of more than a day is no delay any more; the crawler's own cap is far below.
    private static final long MAX_DELAY_MILLIS = Duration.ofDays(1).toMillis();

    private static final Comparator<Rule> BY_PRECEDENCE = Comparator.comparing(
                    (Rule rule) -> rule.pattern.length(), Comparator.reverseOrder())
            .thenComparing(Rule::allow, Comparator.reverseOrder());

    RobotsTxt {
        rules = List.copyOf(rules);
        sitemaps = List.copyOf(sitemaps);
    }

    record Rule(PathPattern pattern, boolean allow) {}

    /// @param body at most what [Fetcher.Wanted#ROBOTS] asks for
    /// @param agent product token that the rules are addressed to
    static RobotsTxt read(NormalUrl location, byte[] body, String agent) {
        // A longer delay than a given one makes the parser forbid everything; the caller has a cap.
        SimpleRobotRules read = new SimpleRobotRulesParser(Long.MAX_VALUE, 0)
                .parseContent(
                        location.toString(),
                        RobotsText.plain(body),
                        "text/plain",
                        Set.of(agent.toLowerCase(Locale.ROOT)));
        List<Rule> rules = new ArrayList<>();
        for (SimpleRobotRules.RobotRule rule : read.getRobotRules()) {
            if (!rule.getPrefix().isEmpty()) {
                rules.add(new Rule(PathPattern.of(rule.getPrefix()), rule.isAllow()));
            }
        }
        rules.sort(BY_PRECEDENCE);
        return new RobotsTxt(rules, delay(read.getCrawlDelay()), sitemaps(read.getSitemaps()));
    }

    /// The file itself may always be asked for (RFC 9309 section 2.2.2).
    boolean allow(NormalUrl url) {
        return url.path().equals("/robots.txt") || allow(PathPattern.subject(url));
    }

    boolean allow(String subject) {
        for (Rule rule : rules) {
            if (rule.pattern.matches(subject)) {
                return rule.allow;
            }
        }
        return true;
    }

    private static Duration delay(long millis) {
        return Duration.ofMillis(Math.clamp(millis, 0, MAX_DELAY_MILLIS));
    }

    private static List<NormalUrl> sitemaps(List<String> written) {
        return written.stream()
                .map(NormalUrl::of)
                .flatMap(Optional::stream)
                .distinct()
                .toList();
    }
}
