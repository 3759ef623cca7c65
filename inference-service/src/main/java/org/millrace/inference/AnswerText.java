package org.millrace.inference;

import java.util.List;
import org.millrace.bpe.Utf8Stream;

/// The text of one answer as its tokens come. Text that may be the beginning of a stop text waits here until
/// it is clear, so that nothing of a stop text is ever sent.
final class AnswerText {

    private final Utf8Stream characters;
    private final List<String> stops;
    private final StringBuilder held = new StringBuilder();
    private boolean stopped;

    AnswerText(Utf8Stream characters, List<String> stops) {
        this.characters = characters;
        this.stops = stops;
    }

    /// The text that is certain once this token has come.
    String add(int token) {
        return say(characters.add(token));
    }

    /// The same for text that stands for itself.
    String say(String more) {
        held.append(more);
        if (stops.isEmpty()) {
            return release(held.length());
        }
        int stop = firstStop();
        if (stop >= 0) {
            stopped = true;
            return release(stop);
        }
        return release(held.length() - possibleBeginning());
    }

    /// True once a stop text has come; what follows is not part of the answer.
    boolean isStopped() {
        return stopped;
    }

    /// What is left when no token comes any more.
    String end() {
        held.append(characters.end());
        int stop = firstStop();
        stopped |= stop >= 0;
        return release(stop >= 0 ? stop : held.length());
    }

    private int firstStop() {
        int first = -1;
        for (String stop : stops) {
            int at = held.indexOf(stop);
            if (at >= 0 && (first < 0 || at < first)) {
                first = at;
            }
        }
        return first;
    }

    /// Length of the longest end of the held text that a stop text begins with.
    private int possibleBeginning() {
        int longest = 0;
        for (String stop : stops) {
            for (int length = Math.min(stop.length() - 1, held.length()); length > longest; length--) {
                if (stop.startsWith(held.substring(held.length() - length))) {
                    longest = length;
                }
            }
        }
        return longest;
    }

    private String release(int length) {
        String text = held.substring(0, length);
        held.delete(0, length);
        return text;
    }
}
