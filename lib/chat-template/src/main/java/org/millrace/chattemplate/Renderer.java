package org.millrace.chattemplate;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;

/// Runs the statements of a template.
final class Renderer {

    private final Budget budget = new Budget();
    private final Evaluator evaluator;

    Renderer(Clock clock) {
        evaluator = new Evaluator(budget, clock, (macro, scope) -> {
            TextBuilder out = new TextBuilder(budget);
            run(macro.definition().body(), scope, out);
            return out.build();
        });
    }

    Text render(List<Node> nodes, Scope variables) {
        TextBuilder out = new TextBuilder(budget);
        run(nodes, new Scope(variables), out);
        return out.build();
    }

    private void run(List<Node> nodes, Scope scope, TextBuilder out) {
        for (Node node : nodes) {
            run(node, scope, out);
        }
    }

    private void run(Node node, Scope scope, TextBuilder out) {
        switch (node) {
            case Node.Data(Site at, Text text) -> out.append(at, text);
            case Node.Output(Site at, Expr value) -> out.append(at, evaluator.text(at, evaluator.value(value, scope)));
            case Node.If(var branches, var otherwise) -> {
                for (Node.Branch branch : branches) {
                    if (Value.isTrue(evaluator.value(branch.test(), scope))) {
                        run(branch.body(), scope, out);
                        return;
                    }
                }
                run(otherwise, scope, out);
            }
            case Node.For loop -> loop(loop, scope, out);
            case Node.Set(Site at, Node.Target target, Expr value) ->
                set(at, target, evaluator.value(value, scope), scope);
            case Node.SetBlock(Site at, Node.Target target, var body) -> {
                TextBuilder inside = new TextBuilder(budget);
                run(body, new Scope(scope), inside);
                set(at, target, inside.build(), scope);
            }
            case Node.Macro macro -> scope.set(macro.name(), new Value.Macro(macro, scope));
        }
    }

    private void loop(Node.For loop, Scope scope, TextBuilder out) {
        Site at = loop.at();
        List<Value> items = evaluator.items(at, evaluator.value(loop.items(), scope));
        Expr filter = loop.filter();
        if (filter != null) {
            List<Value> chosen = new ArrayList<>();
            for (Value item : items) {
                budget.iterate(at);
                if (Value.isTrue(evaluator.value(filter, bound(loop, item, scope)))) {
                    chosen.add(item);
                }
            }
            items = chosen;
        }
        for (int i = 0; i < items.size(); i++) {
            budget.iterate(at);
            Scope inside = bound(loop, items.get(i), scope);
            inside.set("loop", new Value.Loop(items, i));
            run(loop.body(), inside, out);
        }
        if (items.isEmpty()) {
            run(loop.otherwise(), new Scope(scope), out);
        }
    }

    private Scope bound(Node.For loop, Value item, Scope scope) {
        budget.spend(loop.at(), 8);
        Scope inside = new Scope(scope);
        setAll(loop.at(), loop.targets(), item, inside);
        return inside;
    }

    private void set(Site at, Node.Target target, Value value, Scope scope) {
        switch (target) {
            case Node.Target.Names(var names) -> setAll(at, names, value, scope);
            case Node.Target.Field(String name, String field) -> {
                Value namespace = scope.get(name);
                if (!(namespace instanceof Value.Namespace(var fields))) {
                    throw at.error("set: expected %s to be a namespace, got %s".formatted(name, Value.kind(namespace)));
                }
                fields.put(field, value);
            }
        }
    }

    private static void setAll(Site at, List<String> names, Value value, Scope scope) {
        if (names.size() == 1) {
            scope.set(names.getFirst(), value);
            return;
        }
        if (!(value instanceof Value.Seq(var items)) || items.size() != names.size()) {
            throw at.error("%s: expected a list of %d, got %s"
                    .formatted(
                            names,
                            names.size(),
                            value instanceof Value.Seq(var items) ? items.size() : Value.kind(value)));
        }
        for (int i = 0; i < names.size(); i++) {
            scope.set(names.get(i), items.get(i));
        }
    }
}
