package org.millrace.crawler.manners;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.millrace.crawler.web.NormalUrl;

/// What one origin asks of robots, in the files that it keeps for them.
///
/// @param barred why nothing may be requested at all, empty if something may
/// @param txt robots.txt: what may be requested
/// @param ai ai.txt: what may not become training data
/// @param tdm tdmrep.json: what is reserved from mining
public record Robots(String barred, RobotsTxt txt, AiTxt ai, TdmFile tdm) {

    static Robots barred(String why) {
        return new Robots(why, RobotsTxt.EMPTY, AiTxt.NONE, TdmFile.NONE);
    }

    /// Why a page may not be requested, for people; empty if it may.
    public Optional<String> refusal(NormalUrl url) {
        if (!allow(url)) {
            return Optional.of(barred.isEmpty() ? "robots.txt forbids it" : barred);
        }
        if (ai.reserves(url)) {
            return Optional.of("ai.txt forbids it");
        }
        return tdm.reserves(url) ? Optional.of("tdmrep.json reserves it") : Optional.empty();
    }

    /// Whether a URL may be requested that is no page: a sitemap becomes nobody's training data.
    public boolean allow(NormalUrl url) {
        return barred.isEmpty() && txt.allow(url);
    }

    public Duration crawlDelay() {
        return txt.crawlDelay();
    }

    public List<NormalUrl> sitemaps() {
        return txt.sitemaps();
    }
}
