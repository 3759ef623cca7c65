package org.millrace.chattemplate;

import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What expressions come to.
final class Evaluator {

    /// Runs a macro's body in its scope, and gives what it printed.
    @FunctionalInterface
    interface Body {
        Text run(Value.Macro macro, Scope scope);
    }

    private final Budget budget;
    private final Clock clock;
    private final Body macros;
    private final Comparison comparison;

    Evaluator(Budget budget, Clock clock, Body macros) {
        this.budget = budget;
        this.clock = clock;
        this.macros = macros;
        comparison = new Comparison(budget);
    }

    Budget budget() {
        return budget;
    }

    Comparison comparison() {
        return comparison;
    }

    Value value(Expr expr, Scope scope) {
        budget.spend(expr.at(), 2);
        budget.enter(expr.at());
        Value value =
                switch (expr) {
                    case Expr.Literal literal -> literal.value();
                    case Expr.Name name -> scope.get(name.name());
                    case Expr.ListOf list -> list(list, scope);
                    case Expr.DictOf dict -> dict(dict, scope);
                    case Expr.Attribute of -> attribute(of.at(), value(of.of(), scope), of.name());
                    case Expr.Subscript of -> subscript(of.at(), value(of.of(), scope), value(of.index(), scope));
                    case Expr.Slice slice -> slice(slice, scope);
                    case Expr.Call call -> call(call, scope);
                    case Expr.Filter filter ->
                        filter(
                                filter.name(),
                                value(filter.of(), scope),
                                arguments(filter.at(), filter.name(), filter.given(), scope));
                    case Expr.Is is ->
                        new Value.Bool(test(
                                is.test(), value(is.of(), scope), arguments(is.at(), is.test(), is.given(), scope)));
                    case Expr.And and -> {
                        Value left = value(and.left(), scope);
                        yield Value.isTrue(left) ? value(and.right(), scope) : left;
                    }
                    case Expr.Or or -> {
                        Value left = value(or.left(), scope);
                        yield Value.isTrue(left) ? left : value(or.right(), scope);
                    }
                    case Expr.Not not -> new Value.Bool(!Value.isTrue(value(not.of(), scope)));
                    case Expr.Negative of -> Numbers.apply(of.at(), "-", new Value.Int(0), value(of.of(), scope));
                    case Expr.Binary binary ->
                        binary(binary, value(binary.left(), scope), value(binary.right(), scope));
                    case Expr.Compare compare -> compare(compare, scope);
                    case Expr.Conditional conditional -> conditional(conditional, scope);
                };
        budget.leave();
        return value;
    }

    private Value conditional(Expr.Conditional conditional, Scope scope) {
        if (Value.isTrue(value(conditional.test(), scope))) {
            return value(conditional.then(), scope);
        }
        Expr otherwise = conditional.otherwise();
        return otherwise == null ? new Value.Undefined("the else of an if") : value(otherwise, scope);
    }

    private Value list(Expr.ListOf list, Scope scope) {
        budget.spend(list.at(), 4L * list.items().size());
        List<Value> items = new ArrayList<>(list.items().size());
        for (Expr item : list.items()) {
            items.add(value(item, scope));
        }
        return new Value.Seq(items);
    }

    private Value dict(Expr.DictOf dict, Scope scope) {
        budget.spend(dict.at(), 16L * dict.entries().size());
        Map<Text, Value> entries = new LinkedHashMap<>();
        for (Expr.Entry entry : dict.entries()) {
            Value key = value(entry.key(), scope);
            if (!(key instanceof Text text)) {
                throw dict.at().error("dict: expected text for a key, got " + Value.kind(key));
            }
            entries.put(text, value(entry.value(), scope));
        }
        return new Value.Dict(entries);
    }

    private Value compare(Expr.Compare compare, Scope scope) {
        Value left = value(compare.first(), scope);
        for (Expr.Step step : compare.steps()) {
            Value right = value(step.right(), scope);
            if (!comparison.holds(compare.at(), step.operator(), left, right)) {
                return new Value.Bool(false);
            }
            left = right;
        }
        return new Value.Bool(true);
    }

    private Value binary(Expr.Binary binary, Value left, Value right) {
        Site at = binary.at();
        String operator = binary.operator();
        if (operator.equals("~")) {
            return joined(at, text(at, left), text(at, right));
        }
        if (operator.equals("+") && left instanceof Text a && right instanceof Text b) {
            return joined(at, a, b);
        }
        if (operator.equals("+") && left instanceof Value.Seq(var a) && right instanceof Value.Seq(var b)) {
            budget.spend(at, a.size() + (long) b.size());
            List<Value> items = new ArrayList<>(a);
            items.addAll(b);
            return new Value.Seq(items);
        }
        if (operator.equals("*") && left instanceof Text text && right instanceof Value.Int(long times)) {
            return repeated(at, text, times);
        }
        return Numbers.apply(at, operator, left, right);
    }

    private Text joined(Site at, Text left, Text right) {
        return new TextBuilder(budget).append(at, left).append(at, right).build();
    }

    private Text repeated(Site at, Text text, long times) {
        TextBuilder builder = new TextBuilder(budget);
        for (long i = 0; i < times && !text.isEmpty(); i++) {
            builder.append(at, text);
        }
        return builder.build();
    }

    /// As it is printed. Lists and dicts are not: Python would print its own source of them, and no template means
    /// that.
    Text text(Site at, Value value) {
        return switch (value) {
            case Text text -> text;
            case Value.Undefined _ -> Text.EMPTY;
            case Value.None _ -> Text.untrusted("None");
            case Value.Bool(boolean is) -> Text.untrusted(is ? "True" : "False");
            case Value.Int(long number) -> Text.untrusted(Long.toString(number));
            case Value.Real(double number) -> Text.untrusted(Numbers.shown(number));
            default ->
                throw at.error("text: expected what can be printed, got %s; tojson or join make text of it"
                        .formatted(Value.kind(value)));
        };
    }

    /// What a loop goes over.
    List<Value> items(Site at, Value value) {
        return switch (value) {
            case Value.Seq(var items) -> items;
            case Value.Undefined _ -> List.of();
            case Value.Dict(var entries) -> {
                budget.spend(at, 4L * entries.size());
                yield List.copyOf(entries.keySet());
            }
            case Text text -> characters(at, text);
            default -> throw at.error("loop: expected a list, a dict or text, got " + Value.kind(value));
        };
    }

    private List<Value> characters(Site at, Text text) {
        budget.spend(at, 32L * text.string().length());
        List<Value> characters = new ArrayList<>();
        for (int from = 0, to; from < text.string().length(); from = to) {
            to = text.string().offsetByCodePoints(from, 1);
            characters.add(text.between(from, to));
        }
        return characters;
    }

    Value attribute(Site at, Value of, String name) {
        return switch (of) {
            case Value.Undefined undefined ->
                throw at.error(".%s: expected a value before it, got %s".formatted(name, Value.kind(undefined)));
            case Value.Dict(var entries) -> entries.getOrDefault(Text.untrusted(name), new Value.Undefined(name));
            case Value.Namespace(var fields) -> fields.getOrDefault(name, new Value.Undefined(name));
            case Value.Loop(var items, int index) -> loop(at, items, index, name);
            default -> new Value.Undefined(name);
        };
    }

    private static Value loop(Site at, List<Value> items, int index, String name) {
        return switch (name) {
            case "index" -> new Value.Int(index + 1);
            case "index0" -> new Value.Int(index);
            case "revindex" -> new Value.Int(items.size() - index);
            case "revindex0" -> new Value.Int(items.size() - index - 1);
            case "first" -> new Value.Bool(index == 0);
            case "last" -> new Value.Bool(index == items.size() - 1);
            case "length" -> new Value.Int(items.size());
            case "previtem" -> index == 0 ? new Value.Undefined("loop.previtem") : items.get(index - 1);
            case "nextitem" -> index == items.size() - 1 ? new Value.Undefined("loop.nextitem") : items.get(index + 1);
            default ->
                throw at.error("loop: expected index, index0, revindex, revindex0, first, last, length, previtem or"
                        + " nextitem, got " + name);
        };
    }

    Value subscript(Site at, Value of, Value index) {
        if (index instanceof Value.Bool(boolean is)) {
            return subscript(at, of, new Value.Int(is ? 1 : 0)); // as Python counts
        }
        if (of instanceof Value.Undefined) {
            throw at.error("[]: expected a value before it, got " + Value.kind(of));
        }
        if (of instanceof Value.Dict(var entries) && index instanceof Text key) {
            return entries.getOrDefault(key, new Value.Undefined(key.string()));
        }
        if (index instanceof Value.Int(long i) && of instanceof Value.Seq(var items)) {
            long place = i < 0 ? i + items.size() : i;
            return place >= 0 && place < items.size()
                    ? items.get((int) place)
                    : new Value.Undefined("[%d]".formatted(i));
        }
        if (index instanceof Value.Int(long i) && of instanceof Text text) {
            budget.spend(at, text.string().length());
            int length = text.length();
            long place = i < 0 ? i + length : i;
            return place >= 0 && place < length
                    ? Slices.text(text, (int) place, (int) place + 1)
                    : new Value.Undefined("[%d]".formatted(i));
        }
        return new Value.Undefined("[%s]".formatted(Value.kind(index)));
    }

    private Value slice(Expr.Slice slice, Scope scope) {
        Value[] bounds = new Value[3];
        Expr[] written = {slice.start(), slice.stop(), slice.step()};
        for (int i = 0; i < 3; i++) {
            bounds[i] = written[i] == null ? Value.None.NONE : value(written[i], scope);
        }
        return new Slices(slice.at(), this).of(value(slice.of(), scope), bounds[0], bounds[1], bounds[2]);
    }

    Value filter(String name, Value of, Arguments arguments) {
        Filters.Filter filter = Filters.ALL.get(name);
        if (filter == null) {
            throw arguments.error("expected a filter, got " + name);
        }
        return filter.apply(this, of, arguments);
    }

    boolean test(String name, Value of, Arguments arguments) {
        Tests.Test test = Tests.ALL.get(name);
        if (test == null) {
            throw arguments.error("expected a test, got " + name);
        }
        return test.holds(this, of, arguments);
    }

    private Value call(Expr.Call call, Scope scope) {
        if (call.callee() instanceof Expr.Attribute(Site at, Expr of, String name)) {
            Value value = value(of, scope);
            Arguments arguments = arguments(call.at(), name, call.given(), scope);
            return switch (value) {
                case Text text -> new TextMethods(budget, text, arguments).call();
                case Value.Dict dict -> dictMethod(dict, arguments);
                default -> call(attribute(at, value, name), arguments);
            };
        }
        Value callee = value(call.callee(), scope);
        String name = call.callee() instanceof Expr.Name(Site _, String written) ? written : "call";
        return call(callee, arguments(call.at(), name, call.given(), scope));
    }

    private Value call(Value callee, Arguments arguments) {
        return switch (callee) {
            case Value.Macro macro -> macro(macro, arguments);
            case Value.Function function -> Functions.call(function, arguments, clock);
            default -> throw arguments.error("expected a function or macro to call, got " + Value.kind(callee));
        };
    }

    private Value dictMethod(Value.Dict dict, Arguments arguments) {
        budget.spend(arguments.at(), 16L * dict.entries().size());
        return switch (arguments.name()) {
            case "items" -> {
                arguments.of();
                yield Filters.entries(dict);
            }
            case "keys" -> {
                arguments.of();
                yield new Value.Seq(List.copyOf(dict.entries().keySet()));
            }
            case "values" -> {
                arguments.of();
                yield new Value.Seq(List.copyOf(dict.entries().values()));
            }
            case "get" -> {
                Value[] given = arguments.of("key", "default?");
                Value found = subscript(arguments.at(), dict, given[0]);
                Value otherwise = given[1] instanceof Value.Undefined ? Value.None.NONE : given[1];
                yield found instanceof Value.Undefined ? otherwise : found;
            }
            default -> throw arguments.error("expected a method of a dict (get, items, keys, values), got another");
        };
    }

    private Value macro(Value.Macro macro, Arguments arguments) {
        List<Node.Parameter> parameters = macro.definition().parameters();
        Value[] given = arguments.of(
                parameters.stream().map(parameter -> parameter.name() + "?").toArray(String[]::new));
        Scope scope = new Scope(macro.scope());
        for (int i = 0; i < given.length; i++) {
            Expr otherwise = parameters.get(i).otherwise();
            boolean missing = given[i] instanceof Value.Undefined;
            scope.set(parameters.get(i).name(), missing && otherwise != null ? value(otherwise, scope) : given[i]);
        }
        return macros.run(macro, scope);
    }

    private Arguments arguments(Site at, String name, Expr.Given given, Scope scope) {
        List<Value> positional = new ArrayList<>();
        for (Expr argument : given.positional()) {
            positional.add(value(argument, scope));
        }
        Map<String, Value> named = new LinkedHashMap<>();
        for (Expr.Named argument : given.named()) {
            if (named.put(argument.name(), value(argument.value(), scope)) != null) {
                throw at.error("%s: expected the argument %s once, got it twice".formatted(name, argument.name()));
            }
        }
        return new Arguments(at, name, positional, named, budget);
    }
}
