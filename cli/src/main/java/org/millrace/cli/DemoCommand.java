package org.millrace.cli;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.millrace.cli.demo.Demo;
import org.millrace.cli.runtime.Home;
import org.millrace.world.BadWorld;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// From web pages to an improved model on this machine, with a report.
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = {
            "Crawls a web site, cleans it, trains a tokenizer and a small model, fine-tunes it, trains a reward model",
            "on rankings, improves the model by PPO, and reports what each stage did. Needs no network.",
            "The last line of its output is one JSON object with the figures."
        })
final class DemoCommand implements Callable<Integer> {

    @Option(names = "--quick", description = "A smaller world and shorter training: about five minutes.")
    private boolean quick;

    @Option(
            names = "--ablate-refusals",
            description = {
                "Also fine-tunes without \"I don't know\" conversations, and reports how many right answers those cost:",
                "about two minutes more."
            })
    private boolean ablateRefusals;

    @Option(
            names = "--world",
            paramLabel = "DIR",
            description = "Another world (docs/formats/world.md); default: Atlas.")
    private @Nullable Path world;

    @Option(
            names = "--seeds",
            arity = "1..*",
            paramLabel = "URL",
            description = "Crawl these sites instead of the one rendered from the world.")
    private List<URI> seeds = List.of();

    @Option(
            names = "--seed",
            defaultValue = "1",
            paramLabel = "N",
            description = "Of all randomness (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--state",
            paramLabel = "DIR",
            description = "Folder of logs, artifacts and report (default: .millrace/demo). Emptied first.")
    private @Nullable Path state;

    @Option(names = "--keep", description = "Leave the system up at the end, for ./millrace chat, until Ctrl-C.")
    private boolean keep;

    @Override
    public Integer call() throws Exception {
        Home home = state == null ? Home.named("demo") : Home.at(state);
        Path folder = world == null ? home.installation().resolve("examples/atlas/world") : world.toAbsolutePath();
        if (!Files.isDirectory(folder)) {
            throw new Failure("--world: expected a folder with a world (docs/formats/world.md), got " + folder);
        }
        for (URI url : seeds) {
            if (url.getHost() == null || !List.of("http", "https").contains(String.valueOf(url.getScheme()))) {
                throw new Failure("--seeds: expected absolute http or https URLs, got " + url);
            }
        }
        try {
            new Demo(home, folder, quick, ablateRefusals, seed, seeds).run(layout -> {
                if (keep) {
                    System.err.printf(
                            "The system stays up. Chat at %s, or in another terminal: ./millrace chat --no-memory --state %s. Ctrl-C here stops it.%n",
                            layout.page(), home.state());
                    TimeUnit.DAYS.sleep(365);
                }
            });
        } catch (BadWorld e) {
            throw new Failure(String.valueOf(e.getMessage()), e);
        }
        return 0;
    }
}
