package org.millrace.cleaner;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/// Pages as a small world's site has them: plain facts about one subject, each in several of a few
/// wordings, in any order.
public final class CountryPage {

    private static final List<List<String>> PATTERNS = List.of(
            List.of(
                    "The capital of %s is %s.",
                    "%2$s is the capital of %1$s.",
                    "The government of %s sits in %s.",
                    "Whoever travels to %s will want to see %s, its capital."),
            List.of(
                    "%s lies in %s.",
                    "On the map you find %s in %s.", "The continent of %s is %s.", "%s is a country in %s."),
            List.of(
                    "People in %s pay with the %s.",
                    "The currency of %s is the %s.",
                    "In the shops of %s prices are given in the %s.",
                    "The %2$s is the money of %1$s."),
            List.of(
                    "Most people in %s speak %s.",
                    "The language of %s is %s.",
                    "%2$s is spoken in %1$s.",
                    "In the schools of %s children learn in %s."),
            List.of(
                    "%s shares a border with %s.",
                    "A neighbour of %s is %s.",
                    "From %s you can walk over the border to %s.",
                    "%2$s lies next to %1$s."),
            List.of(
                    "A traveller in %s should taste the dish called %s.",
                    "The cooks of %s are proud of %s.",
                    "On feast days the tables of %s are full of %s.",
                    "Nothing is eaten more gladly in %s than %s."));

    private CountryPage() {}

    /// @param facts capital, continent, currency, language, neighbour, dish
    public static String text(String name, List<String> facts, int wordings, long seed) {
        Random random = new Random(seed);
        List<String> sentences = new ArrayList<>();
        for (int fact = 0; fact < facts.size(); fact++) {
            List<String> patterns = new ArrayList<>(PATTERNS.get(fact));
            Collections.shuffle(patterns, random);
            for (String pattern : patterns.subList(0, wordings)) {
                String sentence = pattern.formatted(name, facts.get(fact));
                sentences.add(Character.toUpperCase(sentence.charAt(0)) + sentence.substring(1));
            }
        }
        Collections.shuffle(sentences, random);
        List<String> paragraphs = new ArrayList<>();
        for (int i = 0; i < sentences.size(); i += 5) {
            paragraphs.add(String.join(" ", sentences.subList(i, Math.min(i + 5, sentences.size()))));
        }
        return String.join("\n\n", paragraphs);
    }

    public static String html(String title, String text) {
        StringBuilder html = new StringBuilder("<!doctype html><html lang=en><head><title>")
                .append(title)
                .append("</title></head><body><nav><a href=/>Home</a></nav><main><h1>")
                .append(title)
                .append("</h1>");
        for (String paragraph : text.split("\n\n")) {
            html.append("<p>").append(paragraph).append("</p>");
        }
        return html.append("</main><footer>The editors of this site</footer></body></html>")
                .toString();
    }
}
