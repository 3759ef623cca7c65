package org.millrace.cleaner;

import java.util.Collection;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.millrace.cleaner.language.Tokens;

/// Counts the words of a text that are on a list, whatever their case.
final class ListedWords {

    private final Set<String> words = new HashSet<>();
    private final int longest;

    ListedWords(Collection<String> words) {
        words.forEach(word -> this.words.add(word.toLowerCase(Locale.ROOT)));
        longest = this.words.stream().mapToInt(String::length).max().orElse(0);
    }

    int count(Tokens tokens) {
        int count = 0;
        for (int i = 0; i < tokens.size(); i++) {
            if (tokens.length(i) <= longest && words.contains(tokens.get(i).toLowerCase(Locale.ROOT))) {
                count++;
            }
        }
        return count;
    }
}
