package org.millrace.crawler;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Settings of the crawler. Read once, in the wiring; domain classes take plain values.
@ConfigMapping(prefix = "millrace.crawler")
public interface CrawlerConfig {

    /// Names this instance among those that share the hosts: stable over restarts, so that a restarted
    /// instance takes its hosts back at once and fences its own ghost. Letters, digits, `-`, `_`.
    @WithDefault("0")
    @Pattern(regexp = "[A-Za-z0-9_-]{1,64}")
    String instance();

    /// Product token of the user agent, which robots.txt files address (RFC 9309 section 2.2.1).
    @WithDefault("millrace")
    @Pattern(regexp = "[A-Za-z_-]{1,64}")
    String agent();

    /// A web page or mail address at which owners of sites reach whoever crawls; part of the user agent.
    /// No default: only the one who crawls knows it. Public sites should not be crawled without. ASCII,
    /// as all of a header.
    Optional<@Pattern(regexp = "[ -~]{1,200}") String> contact();

    /// Least time from an answer of a host to the next request to it. A second is what site owners
    /// bear without asking; an own site bears less.
    @WithDefault("PT1S")
    Duration delay();

    /// Longest crawl-delay of a robots.txt that is honoured. Beyond half a minute a site asks for two
    /// thousand pages a day at most, and would hold its queue for ever.
    @WithDefault("PT30S")
    Duration maxCrawlDelay();

    /// Requests made for one URL until its failure is believed, 1 to 10.
    @WithDefault("3")
    @Min(1)
    @Max(10)
    int tries();

    /// Pause before the second try after a network error; doubles each time.
    @WithDefault("PT2S")
    Duration retryDelay();

    /// Rest of a host after 429 or 503 without Retry-After, or after five network errors in a row; doubles
    /// each time, and is forgiven after half an hour of quiet.
    @WithDefault("PT60S")
    Duration backOff();

    /// Longest rest of a host, and longest Retry-After that is honoured. A day, as in StormCrawler.
    @WithDefault("PT24H")
    Duration maxBackOff();

    /// Rests of a host in a row, with no usable answer between them, until it is given up: its URLs count
    /// as failed, and a crawl can end. 1 to 100. Five are half an hour with the default back-off.
    @WithDefault("5")
    @Min(1)
    @Max(100)
    int maxRests();

    /// Longest time of such rests together. A host that wants to be left alone for longer is given up at
    /// once.
    @WithDefault("PT2H")
    Duration patience();

    /// How long a URL may be worked on before it is handed out again. Longer than all tries of a request
    /// together (`tries` times `timeout.call`) and than its result may wait for the log.
    @WithDefault("PT10M")
    Duration lease();

    /// URLs of one host and crawl that differ in digits or values of the query alone, 1 to 10,000,000.
    /// Calendars and session ids make endless ones; half of what a host may have leaves room for the rest.
    @WithDefault("5000")
    @Min(1)
    @Max(10_000_000)
    int maxPagesPerPattern();

    /// Links followed from a seed where a crawl sets no limit, 1 to 1,000. Real sites are rarely deeper
    /// than 16; calendars and other traps are.
    @WithDefault("16")
    @Min(1)
    @Max(1000)
    int maxDepth();

    /// Pages requested from one host where a crawl sets no limit, 1 to 10,000,000. At the default delay
    /// 10,000 take about three hours.
    @WithDefault("10000")
    @Min(1)
    @Max(10_000_000)
    int maxPagesPerHost();

    /// Longest body of a page, in bytes after decoding, 1,024 to 64 MiB. The longest real articles are
    /// about 2 MiB of HTML.
    @WithDefault("5242880")
    @Min(1024)
    @Max(64 << 20)
    int maxBytes();

    /// Requests under way at once, over all hosts. What their bodies take in memory, read and parsed, is
    /// bounded apart from their number: an eighth of the heap free for all of them (192 KiB for each at most),
    /// a quarter shared, and half for one body at a time that needs more.
    @WithDefault("64")
    @Min(1)
    @Max(10_000)
    int parallel();

    /// Whether private, loopback and link-local addresses, and any port, may be fetched. False, or any page
    /// could send the crawler to the machines around it.
    @WithDefault("false")
    boolean allowPrivate();

    /// Ports that may be fetched on public addresses. Other ports are mail servers, databases and
    /// consoles more often than sites.
    @WithDefault("80,443")
    Set<@Min(1) @Max(65535) Integer> ports();

    /// A file of domains and URL prefixes, one a line: if there is one, nothing else is fetched, whatever
    /// a crawl asks for.
    Optional<Path> allowFile();

    /// A file of domains and URL prefixes, one a line, that are never fetched, not even their robots.txt.
    Optional<Path> blockFile();

    /// Whether links lose session ids and campaign parameters (`jsessionid`, `utm_source`): they name
    /// visits, and each visit would be a new page. False for a site that needs one of them.
    @WithDefault("true")
    boolean dropTracking();

    Respect respect();

    Timeout timeout();

    /// Folders below which archives and pages may be read as `file:` seeds say, separated by commas. None
    /// by default: whoever may publish a seed could otherwise have any file of the machine published.
    Optional<List<Path>> archiveFolders();

    /// A folder that everything fetched is written to as WARC files too, so that cleaning can be repeated
    /// without fetching again. None by default: the log has the pages as long as it keeps them.
    Optional<Path> warc();

    /// A WARC file that has as many bytes is followed by another, 1 MiB to 1 TiB. The standard recommends
    /// one gigabyte.
    @WithDefault("1073741824")
    @Min(1 << 20)
    @Max(1L << 40)
    long warcBytes();

    /// Where bodies beyond 256 KiB go: `file:` or `s3:`.
    URI artifacts();

    /// Local scratch folder.
    Path data();

    /// Ways in which sites and pages say no, besides robots.txt, which always counts. To be left true for
    /// anything but pages that are one's own to use.
    interface Respect {

        /// `noindex`, `none`, `unavailable_after` in `X-Robots-Tag` and meta elements.
        @WithDefault("true")
        boolean robotsTags();

        /// `noai`, there too.
        @WithDefault("true")
        boolean noAi();

        /// `noimageai`, there too: said of pictures, by those who want no part in training.
        @WithDefault("true")
        boolean noImageAi();

        /// `/ai.txt`; a request more for each host.
        @WithDefault("true")
        boolean aiTxt();

        /// The TDM Reservation Protocol: header, meta element, and `/.well-known/tdmrep.json`, a request
        /// more for each host.
        @WithDefault("true")
        boolean tdmReservation();
    }

    interface Timeout {

        /// For the look-up of a name, and again for the TCP connection.
        @WithDefault("PT5S")
        Duration connect();

        /// Between two packets of an answer.
        @WithDefault("PT10S")
        Duration read();

        /// For a whole request, so that a byte a second does not hold a host for hours.
        @WithDefault("PT30S")
        Duration call();
    }
}
