package org.millrace.crawler;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.millrace.crawler.manners.Manners;
import org.millrace.crawler.manners.Politeness;
import org.millrace.crawler.manners.Scope;
import org.millrace.crawler.manners.Signals;
import org.millrace.crawler.manners.SiteList;

/// The crawler's behaviour as its settings ask for it, the same in the service and in the command.
public final class Configured {

    private static final String VERSION = "0.1";

    private Configured() {}

    /// Product token, version and contact.
    public static String userAgent(CrawlerConfig config) {
        return config.agent() + "/" + VERSION
                + config.contact().map(" (+%s)"::formatted).orElse("");
    }

    public static Politeness politeness(CrawlerConfig config) {
        return new Politeness(
                config.delay(),
                config.maxCrawlDelay(),
                config.retryDelay(),
                config.backOff(),
                config.maxBackOff(),
                config.tries(),
                config.maxRests(),
                config.patience());
    }

    /// @throws IOException if a list that the settings name cannot be read
    public static Manners manners(CrawlerConfig config) throws IOException {
        CrawlerConfig.Respect respect = config.respect();
        return new Manners(
                config.agent(),
                new Signals(
                        respect.robotsTags(),
                        respect.noAi(),
                        respect.noImageAi(),
                        respect.aiTxt(),
                        respect.tdmReservation()),
                new Scope(list(config.allowFile()), list(config.blockFile())),
                config.dropTracking());
    }

    private static SiteList list(Optional<Path> file) throws IOException {
        return file.isPresent() ? SiteList.read(file.get()) : SiteList.EMPTY;
    }
}
