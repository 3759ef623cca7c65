package org.millrace.bpe;

import static org.millrace.bpe.CharacterClass.LETTER;
import static org.millrace.bpe.CharacterClass.NEWLINE;
import static org.millrace.bpe.CharacterClass.NUMBER;
import static org.millrace.bpe.CharacterClass.SPACE;
import static org.millrace.bpe.CharacterClass.SYMBOL;
import static org.millrace.bpe.CharacterClass.at;
import static org.millrace.bpe.CharacterClass.classOf;
import static org.millrace.bpe.CharacterClass.lengthOf;

/// Cuts UTF-8 text as a [SplitPattern] says, without its regular expression: in one pass in which every
/// character is looked at a bounded number of times, so no text makes it slow.
final class Splitter {

    private final boolean isGpt2;
    private final int digits;

    Splitter(SplitPattern pattern) {
        isGpt2 = pattern == SplitPattern.GPT2;
        digits = pattern.digits();
    }

    /// Where the piece that starts at `start` ends. The cases follow the pattern's alternatives.
    ///
    /// @param limit of the text; behind `start`
    int end(byte[] text, int start, int limit) {
        return isGpt2 ? gpt2(text, start, limit) : gpt4(text, start, limit);
    }

    private int gpt4(byte[] text, int start, int limit) {
        int first = at(text, start, limit);
        int second = start + lengthOf(first);
        if (text[start] == '\'') {
            int contraction = contraction(text, second, limit);
            if (contraction > second) {
                return contraction;
            }
        }
        int kind = classOf(first);
        if (kind == LETTER) {
            return run(LETTER, text, second, limit);
        }
        if (kind == NUMBER) {
            return number(text, second, limit);
        }
        if (kind != NEWLINE) {
            int word = run(LETTER, text, second, limit);
            if (word > second) {
                return word;
            }
        }
        int symbols = text[start] == ' ' ? second : start;
        int end = run(SYMBOL, text, symbols, limit);
        return end > symbols ? newlines(text, end, limit) : space(text, start, limit, true);
    }

    private int gpt2(byte[] text, int start, int limit) {
        if (text[start] == '\'') {
            int contraction = lowercaseContraction(text, start + 1, limit);
            if (contraction > start + 1) {
                return contraction;
            }
        }
        int from = text[start] == ' ' ? start + 1 : start;
        if (from < limit) {
            int kind = classOf(at(text, from, limit));
            if (kind <= NUMBER) {
                return run(kind, text, from, limit);
            }
        }
        return space(text, start, limit, false);
    }

    private int number(byte[] text, int second, int limit) {
        int end = second;
        for (int more = 1; more < digits && end < limit; more++) {
            int next = at(text, end, limit);
            if (classOf(next) != NUMBER) {
                break;
            }
            end += lengthOf(next);
        }
        return end;
    }

    /// End of `s d m t ll ve re` at `start` in either case, or `start` if there is none. The long
    /// s (ſ) is a case of s.
    private static int contraction(byte[] text, int start, int limit) {
        int first = start < limit ? lower(text[start]) : 0;
        int second = start + 1 < limit ? text[start + 1] : 0;
        return switch (first) {
            case 's', 'd', 'm', 't' -> start + 1;
            case 'l' -> lower(second) == 'l' ? start + 2 : start;
            case 'v', 'r' -> lower(second) == 'e' ? start + 2 : start;
            case (byte) 0xC5 -> second == (byte) 0xBF ? start + 2 : start;
            default -> start;
        };
    }

    private static int lowercaseContraction(byte[] text, int start, int limit) {
        int end = contraction(text, start, limit);
        for (int at = start; at < end; at++) {
            if (text[at] < 'a') {
                return start;
            }
        }
        return end;
    }

    private static int lower(int c) {
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    }

    private static int run(int kind, byte[] text, int start, int limit) {
        int end = start;
        while (end < limit) {
            int next = at(text, end, limit);
            if (classOf(next) != kind) {
                break;
            }
            end += lengthOf(next);
        }
        return end;
    }

    private static int newlines(byte[] text, int start, int limit) {
        int end = start;
        while (end < limit && (text[end] == '\n' || text[end] == '\r')) {
            end++;
        }
        return end;
    }

    /// White space up to its last newline, if those count; else all of it if the text ends there; else all
    /// but the last, which belongs to what follows; else the only one.
    private static int space(byte[] text, int start, int limit, boolean newlinesEnd) {
        int end = start;
        int last = start;
        int newline = -1;
        while (end < limit) {
            int next = at(text, end, limit);
            int kind = classOf(next);
            if (kind != SPACE && kind != NEWLINE) {
                break;
            }
            last = end;
            end += lengthOf(next);
            if (kind == NEWLINE) {
                newline = end;
            }
        }
        if (newlinesEnd && newline >= 0) {
            return newline;
        }
        return end == limit || last == start ? end : last;
    }
}
