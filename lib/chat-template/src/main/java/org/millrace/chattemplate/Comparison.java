package org.millrace.chattemplate;

import java.util.Map;

/// `==`, `<`, `in` and their kin, as in Python.
final class Comparison {

    private final Budget budget;

    Comparison(Budget budget) {
        this.budget = budget;
    }

    boolean holds(Site at, String operator, Value left, Value right) {
        return switch (operator) {
            case "==" -> equal(at, left, right);
            case "!=" -> !equal(at, left, right);
            case "<" -> order(at, operator, left, right) < 0;
            case "<=" -> order(at, operator, left, right) <= 0;
            case ">" -> order(at, operator, left, right) > 0;
            case ">=" -> order(at, operator, left, right) >= 0;
            case "in" -> contains(at, right, left);
            case "not in" -> !contains(at, right, left);
            default -> throw new IllegalStateException(operator);
        };
    }

    boolean equal(Site at, Value left, Value right) {
        budget.enter(at);
        boolean equal = sameKind(at, number(left), number(right));
        budget.leave();
        return equal;
    }

    /// True is 1 and false 0, as in Python.
    private static Value number(Value value) {
        return value instanceof Value.Bool(boolean is) ? new Value.Int(is ? 1 : 0) : value;
    }

    private boolean sameKind(Site at, Value left, Value right) {
        budget.spend(at, 2);
        return switch (left) {
            case Text a -> right instanceof Text b && equalTexts(at, a, b);
            case Value.Undefined _ -> right instanceof Value.Undefined;
            case Value.Int(long a) ->
                right instanceof Value.Int(long b) && a == b || right instanceof Value.Real(double real) && a == real;
            case Value.Real(double a) ->
                right instanceof Value.Real(double b) && a == b || right instanceof Value.Int(long whole) && a == whole;
            case Value.Seq a -> right instanceof Value.Seq b && equalItems(at, a, b);
            case Value.Dict a -> right instanceof Value.Dict b && equalEntries(at, a, b);
            case Value.Bool _, Value.None _, Value.Function _ -> left.equals(right);
            case Value.Namespace _, Value.Loop _, Value.Macro _ -> isSame(left, right);
        };
    }

    @SuppressWarnings("ReferenceEquality") // what has no value but itself
    private static boolean isSame(Value left, Value right) {
        return left == right;
    }

    private boolean equalTexts(Site at, Text a, Text b) {
        budget.spend(at, Math.min(a.string().length(), b.string().length()) / 16);
        return a.equals(b);
    }

    private boolean equalItems(Site at, Value.Seq a, Value.Seq b) {
        boolean equal = a.items().size() == b.items().size();
        for (int i = 0; equal && i < a.items().size(); i++) {
            equal = equal(at, a.items().get(i), b.items().get(i));
        }
        return equal;
    }

    private boolean equalEntries(Site at, Value.Dict a, Value.Dict b) {
        boolean equal = a.entries().size() == b.entries().size();
        for (Map.Entry<Text, Value> entry : a.entries().entrySet()) {
            Value other = b.entries().get(entry.getKey());
            equal = equal && other != null && equal(at, entry.getValue(), other);
        }
        return equal;
    }

    private int order(Site at, String operator, Value left, Value right) {
        if (left instanceof Text a && right instanceof Text b) {
            budget.spend(at, Math.min(a.string().length(), b.string().length()) / 16);
            return a.compareTo(b);
        }
        if (number(left) instanceof Value.Int(long a) && number(right) instanceof Value.Int(long b)) {
            return Long.compare(a, b);
        }
        double a = Numbers.real(at, operator, number(left), number(right));
        double b = Numbers.real(at, operator, number(right), number(left));
        if (Double.isNaN(a) || Double.isNaN(b)) {
            throw at.error("%s: expected numbers, got nan".formatted(operator));
        }
        return a < b ? -1 : a > b ? 1 : 0;
    }

    boolean contains(Site at, Value in, Value what) {
        return switch (in) {
            case Text text -> {
                if (!(what instanceof Text part)) {
                    throw at.error("in: expected text to look for in text, got " + Value.kind(what));
                }
                budget.search(at, text, part);
                yield text.string().contains(part.string());
            }
            case Value.Seq(var items) -> items.stream().anyMatch(item -> equal(at, item, what));
            case Value.Dict(var entries) -> what instanceof Text key && entries.containsKey(key);
            case Value.Undefined _ -> false;
            default -> throw at.error("in: expected text, a list or a dict to look in, got " + Value.kind(in));
        };
    }
}
