package org.millrace.chattemplate;

import java.time.Clock;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// What a template can call by name.
final class Functions {

    /// Longest list of `range`, as in Jinja's sandbox.
    private static final int LONGEST_RANGE = 100_000;

    private Functions() {}

    static Value call(Value.Function function, Arguments arguments, Clock clock) {
        return switch (function) {
            case NAMESPACE -> {
                if (!arguments.positional().isEmpty()) {
                    throw arguments.error("expected name=value, got a value without a name");
                }
                yield Value.namespace(arguments.named());
            }
            case RAISE_EXCEPTION ->
                throw new IllegalArgumentException(
                        arguments.text("message", arguments.of("message")[0]).string());
            case RANGE -> range(arguments);
            case STRFTIME_NOW -> {
                Text format = arguments.text("format", arguments.of("format")[0]);
                yield Text.untrusted(date(format.string(), ZonedDateTime.now(clock), arguments));
            }
        };
    }

    private static Value range(Arguments arguments) {
        boolean one = arguments.positional().size() == 1;
        Value[] given = one ? arguments.of("stop") : arguments.of("start", "stop", "step?");
        long start = one ? 0 : bound(arguments, given[0]);
        long stop = bound(arguments, given[one ? 0 : 1]);
        long step = one || given[2] instanceof Value.Undefined ? 1 : bound(arguments, given[2]);
        if (step == 0) {
            throw arguments.error("step: expected a number other than 0, got 0");
        }
        List<Value> numbers = new ArrayList<>();
        for (long i = start; step > 0 ? i < stop : i > stop; i += step) {
            if (numbers.size() == LONGEST_RANGE) {
                throw arguments.error("expected at most %d numbers, got more".formatted(LONGEST_RANGE));
            }
            arguments.budget().spend(arguments.at(), 8);
            numbers.add(new Value.Int(i));
        }
        return new Value.Seq(numbers);
    }

    private static long bound(Arguments arguments, Value value) {
        return value instanceof Value.Int(long number) && number == (int) number
                ? number
                : arguments.wrong("bound", "an integer of 32 bits", value);
    }

    private static String date(String format, ZonedDateTime now, Arguments arguments) {
        arguments.budget().spend(arguments.at(), 16L * format.length());
        StringBuilder date = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%' || i + 1 == format.length()) {
                date.append(c);
                continue;
            }
            char directive = format.charAt(++i);
            date.append(directive == '%' ? "%" : now.format(pattern(directive, arguments)));
        }
        return date.toString();
    }

    private static DateTimeFormatter pattern(char directive, Arguments arguments) {
        String pattern =
                switch (directive) {
                    case 'Y' -> "uuuu";
                    case 'y' -> "uu";
                    case 'm' -> "MM";
                    case 'B' -> "MMMM";
                    case 'b' -> "MMM";
                    case 'd' -> "dd";
                    case 'j' -> "DDD";
                    case 'A' -> "EEEE";
                    case 'a' -> "EEE";
                    case 'H' -> "HH";
                    case 'I' -> "hh";
                    case 'p' -> "a";
                    case 'M' -> "mm";
                    case 'S' -> "ss";
                    default ->
                        throw arguments.error(
                                "format: expected %%Y %%y %%m %%B %%b %%d %%j %%A %%a %%H %%I %%p %%M %%S or %%%%, got %%"
                                                .formatted()
                                        + directive);
                };
        return DateTimeFormatter.ofPattern(pattern, Locale.ROOT);
    }
}
