package org.millrace.inference.schema;

import static org.millrace.inference.schema.Part.ENDLESS;
import static org.millrace.inference.schema.Part.NOTHING;
import static org.millrace.inference.schema.Part.choice;
import static org.millrace.inference.schema.Part.literal;
import static org.millrace.inference.schema.Part.maybe;
import static org.millrace.inference.schema.Part.sequence;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.List;

/// JSON in UTF-8, as a grammar: what RFC 8259 has, less what only makes answers longer. White space is a space, or
/// a new line that is indented by 20 at most; numbers have 15 digits before and after the point at most and an exponent
/// of two; characters are escaped where they must be, and by `\\u` only those that one such escape can say.
final class JsonParts {

    private static final int DIGITS = 15;

    static final Part SPACE = choice(
            NOTHING,
            literal(" "),
            sequence(literal("\n"), new Part.Repeat(new Part.OneOf(' ', ' ', '\t', '\t'), 0, 20)));

    private static final Part DIGIT = new Part.OneOf('0', '9');
    private static final Part HEX = new Part.OneOf('0', '9', 'a', 'f', 'A', 'F');
    private static final Part NEXT = new Part.OneOf(0x80, 0xBF);

    /// Code points of one byte that stand for themselves. Where they may come, all of a text may.
    static final Part.OneOf PLAIN = new Part.OneOf(' ', '!', '#', '[', ']', 0x7F);

    /// One code point of a text. [#PLAIN] comes first: by it, states between two of them are known.
    private static final Part CHARACTER = choice(
            PLAIN,
            sequence(new Part.OneOf(0xC2, 0xDF), NEXT),
            sequence(literal3(0xE0), new Part.OneOf(0xA0, 0xBF), NEXT),
            sequence(new Part.OneOf(0xE1, 0xEC, 0xEE, 0xEF), NEXT, NEXT),
            sequence(literal3(0xED), new Part.OneOf(0x80, 0x9F), NEXT),
            sequence(literal3(0xF0), new Part.OneOf(0x90, 0xBF), NEXT, NEXT),
            sequence(new Part.OneOf(0xF1, 0xF3), NEXT, NEXT, NEXT),
            sequence(literal3(0xF4), new Part.OneOf(0x80, 0x8F), NEXT, NEXT),
            sequence(
                    literal("\\"),
                    choice(
                            new Part.OneOf(
                                    '"', '"', '\\', '\\', '/', '/', 'b', 'b', 'f', 'f', 'n', 'n', 'r', 'r', 't', 't'),
                            sequence(
                                    literal("u"),
                                    choice(
                                            sequence(
                                                    new Part.OneOf('0', '9', 'a', 'c', 'e', 'f', 'A', 'C', 'E', 'F'),
                                                    HEX),
                                            sequence(new Part.OneOf('d', 'd', 'D', 'D'), new Part.OneOf('0', '7'))),
                                    HEX,
                                    HEX))));

    private static final Part WHOLE = sequence(
            maybe(literal("-")),
            choice(literal("0"), sequence(new Part.OneOf('1', '9'), new Part.Repeat(DIGIT, 0, DIGITS - 1))));

    private static final Part NUMBER = sequence(
            WHOLE,
            maybe(sequence(literal("."), new Part.Repeat(DIGIT, 1, DIGITS))),
            maybe(sequence(
                    new Part.OneOf('e', 'e', 'E', 'E'),
                    maybe(new Part.OneOf('+', '+', '-', '-')),
                    new Part.Repeat(DIGIT, 1, 2))));

    private static final Part BOOLEAN = choice(literal("true"), literal("false"));
    private static final Part NULL = literal("null");
    private static final Part.Reference ANY = new Part.Reference("any value");

    static {
        ANY.define(choice(text(0, ENDLESS), NUMBER, BOOLEAN, NULL, list(ANY, 0, ENDLESS), map(ANY)));
    }

    private JsonParts() {}

    private static Part literal3(int lead) {
        return new Part.OneOf(lead, lead);
    }

    /// Any value.
    static Part any() {
        return ANY;
    }

    static Part whole() {
        return WHOLE;
    }

    static Part number() {
        return NUMBER;
    }

    static Part truth() {
        return BOOLEAN;
    }

    static Part nothing() {
        return NULL;
    }

    /// A text of so many code points.
    static Part text(int least, int most) {
        return sequence(literal("\""), new Part.Repeat(CHARACTER, least, most), literal("\""));
    }

    static Part list(Part item, int least, int most) {
        if (most == 0) {
            return sequence(literal("["), SPACE, literal("]"));
        }
        Part more = new Part.Repeat(
                sequence(literal(","), SPACE, item), Math.max(0, least - 1), most == ENDLESS ? ENDLESS : most - 1);
        Part items = sequence(item, more, SPACE);
        return sequence(literal("["), SPACE, least == 0 ? maybe(items) : items, literal("]"));
    }

    /// An object of any names with values of one kind.
    static Part map(Part value) {
        Part pair = sequence(text(0, ENDLESS), literal(":"), SPACE, value);
        Part more = new Part.Repeat(sequence(literal(","), SPACE, pair), 0, ENDLESS);
        return sequence(literal("{"), SPACE, maybe(sequence(pair, more, SPACE)), literal("}"));
    }

    /// @param required whether it must be there
    record Property(String name, Part value, boolean required) {}

    /// An object of these properties, in this order.
    static Part object(List<Property> properties) {
        Part first = choice(); // a property, and all behind it: none is left
        Part later = SPACE; // what follows behind others
        boolean mayEnd = true;
        for (Property property : properties.reversed()) {
            Part name = literal(JsonNodeFactory.instance.textNode(property.name()) + ":");
            Part pair = sequence(name, SPACE, property.value(), later);
            mayEnd &= !property.required();
            first = property.required() ? pair : choice(pair, first);
            Part more = sequence(literal(","), SPACE, first);
            later = mayEnd ? choice(more, SPACE) : more;
        }
        return sequence(literal("{"), SPACE, mayEnd ? maybe(first) : first, literal("}"));
    }
}
