package org.millrace.archives;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The pages of one WARC or WET file: answers of status 200, resources, and text that another program
/// extracted.
final class WarcCaptures implements Captures {

    private static final Pattern STATUS = Pattern.compile("HTTP/\\d(?:\\.\\d)? +(\\d{3})(?: .*)?");
    private static final byte[] START = "WARC/".getBytes(US_ASCII);

    private final String name;
    private final Bounds bounds;
    private final Consumer<Fault> faults;
    private final WarcRecords records;
    private final Bodies bodies;
    private Tally tally = Tally.NONE;
    private boolean ended;

    WarcCaptures(String name, InputStream in, Bounds bounds, Consumer<Fault> faults) {
        this.name = name;
        this.faults = faults;
        this.bounds = bounds;
        this.records = new WarcRecords(in, bounds.maxHead());
        this.bodies = new Bodies(bounds.maxBody());
    }

    static boolean isWarc(InputStream in) throws IOException {
        Members members = new Members(in);
        byte[] start = new byte[START.length];
        int count = 0;
        try {
            if (members.next()) {
                for (int more = 0; more >= 0 && count < start.length; count += Math.max(0, more)) {
                    more = members.read(start, count, start.length - count);
                }
            }
        } catch (BrokenRecord | TruncatedArchive e) {
            return false;
        }
        return Arrays.equals(start, START);
    }

    @Override
    public Optional<Capture> next() throws IOException {
        while (!ended) {
            Capture capture = step(true);
            if (capture != null) {
                return Optional.of(capture);
            }
        }
        return Optional.empty();
    }

    @Override
    public void skip(long count) throws IOException {
        long until = tally.records() + count;
        while (!ended && tally.records() < until) {
            step(false);
        }
    }

    @Override
    public Tally tally() {
        return tally;
    }

    @Override
    public void close() throws IOException {
        records.close();
    }

    /// Looks at one record. Null if it holds no page.
    private @Nullable Capture step(boolean wanted) throws IOException {
        try {
            Optional<WarcRecords.Record> record = records.next();
            if (record.isEmpty()) {
                ended = true;
                return null;
            }
            Reading reading = wanted ? read(record.get()) : new Nothing(tally.passedOver());
            records.finish();
            return switch (reading) {
                case Page(var capture) -> {
                    tally = tally.captured();
                    yield capture;
                }
                case Nothing(var after) -> {
                    tally = after;
                    yield null;
                }
            };
        } catch (BrokenRecord e) {
            goOnBehind(e);
        } catch (TruncatedArchive e) {
            cutOff(e);
        }
        return null;
    }

    private void goOnBehind(BrokenRecord damage) throws IOException {
        tell(Fault.Kind.BROKEN, damage.getMessage());
        tally = tally.foundBroken();
        try {
            records.recover();
        } catch (TruncatedArchive e) {
            cutOff(e);
        }
    }

    private void cutOff(TruncatedArchive damage) {
        tell(Fault.Kind.TRUNCATED, damage.getMessage());
        ended = true;
        tally = tally.cutOff();
    }

    private void tell(Fault.Kind kind, @Nullable String why) {
        faults.accept(new Fault(here(), kind, String.valueOf(why)));
    }

    private String here() {
        return name + "#" + (tally.records() + 1);
    }

    private sealed interface Reading {}

    private record Page(Capture capture) implements Reading {}

    /// @param after the tally with the reason
    private record Nothing(Tally after) implements Reading {}

    private Reading read(WarcRecords.Record record) throws IOException {
        Fields fields = record.fields();
        String url = target(fields);
        String type = fields.first("WARC-Type").toLowerCase(Locale.ROOT);
        boolean web = url.startsWith("http://") || url.startsWith("https://");
        if (!web && !(type.equals("resource") && url.startsWith("file:"))) {
            return new Nothing(tally.passedOver()); // dns:, warcinfo:, …
        }
        return switch (type) {
            case "response" -> response(record, url);
            case "resource" -> page(record, url, fields.first("Content-Type"), "", Fields.NONE);
            case "conversion" ->
                page(
                        record,
                        url,
                        "text/plain; charset=utf-8",
                        fields.first("WARC-Identified-Content-Language")
                                .split(",", 2)[0]
                                .strip(),
                        Fields.NONE);
            default -> new Nothing(tally.passedOver());
        };
    }

    private Reading response(WarcRecords.Record record, String url) throws IOException {
        String type = record.fields().first("Content-Type").toLowerCase(Locale.ROOT);
        if (!type.startsWith("application/http")) {
            return new Nothing(tally.passedOver());
        }
        Head head = Head.read(record.block(), bounds.maxHead(), ISO_8859_1);
        Matcher status = STATUS.matcher(head.start());
        if (!status.matches()) {
            throw new BrokenRecord("no status line: " + head.start());
        }
        if (!status.group(1).equals("200")) {
            return new Nothing(tally.passedOver());
        }
        return page(record, url, head.fields().first("Content-Type"), "", head.fields());
    }

    private Reading page(WarcRecords.Record record, String url, String contentType, String language, Fields http)
            throws IOException {
        Optional<byte[]> body = bodies.read(http, record.block());
        if (body.isEmpty()) {
            tell(Fault.Kind.TOO_LONG, "more than %d bytes".formatted(bounds.maxBody()));
            return new Nothing(tally.foundTooLong());
        }
        return new Page(new Capture(
                here(), url, "", contentType, language, date(record.fields().first("WARC-Date")), http, body.get()));
    }

    /// WARC 1.0's grammar asks for angle brackets, its examples have none, and programs write both.
    private static String target(Fields fields) {
        String target = fields.first("WARC-Target-URI");
        return target.startsWith("<") && target.endsWith(">") ? target.substring(1, target.length() - 1) : target;
    }

    private static Instant date(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException e) {
            return Instant.EPOCH; // unknown: the page is worth more than its date
        }
    }
}
