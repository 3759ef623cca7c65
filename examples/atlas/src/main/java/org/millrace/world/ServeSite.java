package org.millrace.world;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/// Serves the site of a world until the process is ended, for people who want to look at it:
/// `--world DIR [--port N] [--seed N] [--limit ENTITIES]`.
public final class ServeSite {

    private ServeSite() {}

    public static void main(String[] args) throws InterruptedException {
        try {
            Arguments arguments = Arguments.of(args, List.of("--world", "--port", "--seed", "--limit"));
            World whole = World.read(Path.of(arguments.required("--world")));
            World world = arguments.limit().isPresent()
                    ? whole.limited(arguments.limit().getAsInt())
                    : whole;
            long seed = arguments.number("--seed", Long.MIN_VALUE, Long.MAX_VALUE, world.seed());
            SiteServer server =
                    SiteServer.start(Site.render(world, seed), (int) arguments.number("--port", 0, 65_535, 0));
            Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(server::close));
            System.out.println(server.root());
            new CountDownLatch(1).await();
        } catch (IOException | IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
    }
}
