package org.millrace.crawler.http.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.SplittableRandom;

/// Sites to be crawled: one on each of 127.0.1.1, 127.0.1.2 and so on, at one port. Each has endless
/// pages of about 20 KB, `/page/0` and so on: markup and prose, forty links to the first pages, as
/// navigation has, and three links to pages behind.
///
/// A process of its own, so that what it costs can be told from what crawling costs. Says its port on
/// standard output, and ends when standard input does.
final class Sites {

    private static final int NAVIGATION = 40;
    private static final int CHILDREN = 3;
    private static final int VARIANTS = 32;
    private static final int PAGE_BYTES = 20_000;

    private final byte[][] prose = new byte[VARIANTS][];

    private Sites() {
        for (int i = 0; i < VARIANTS; i++) {
            prose[i] = prose(new SplittableRandom(i)).getBytes(ISO_8859_1);
        }
    }

    public static void main(String[] arguments) throws IOException {
        int hosts = Integer.parseInt(arguments[0]);
        Sites sites = new Sites();
        ServerSocket first = new ServerSocket();
        first.bind(new InetSocketAddress(InetAddress.getByName(host(0)), 0));
        int port = first.getLocalPort();
        Thread.startVirtualThread(() -> sites.accept(first));
        for (int i = 1; i < hosts; i++) {
            ServerSocket next = new ServerSocket();
            next.bind(new InetSocketAddress(InetAddress.getByName(host(i)), port));
            Thread.startVirtualThread(() -> sites.accept(next));
        }
        System.out.println(port);
        while (System.in.read() >= 0) {
            // whoever started this still lives
        }
        System.exit(0);
    }

    /// @param i less than 255
    static String host(int i) {
        return "127.0.1." + (i + 1);
    }

    private void accept(ServerSocket server) {
        try {
            while (true) {
                Socket socket = server.accept();
                Thread.startVirtualThread(() -> serve(socket));
            }
        } catch (IOException e) {
            throw new IllegalStateException("a site is gone", e);
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(socket.getInputStream());
            OutputStream out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
            for (String path = path(in); !path.isEmpty(); path = path(in)) {
                answer(path, out);
                out.flush();
            }
        } catch (IOException e) {
            // The caller went away, as callers do.
        }
    }

    /// Of the next request, whose head is read to its end; empty if there is none.
    private static String path(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        String path = "";
        for (int c = in.read(); c >= 0; c = in.read()) {
            if (c != '\n') {
                line.append((char) c);
            } else if (line.length() <= 1) {
                return path;
            } else {
                path = path.isEmpty() ? line.substring(line.indexOf(" ") + 1, line.lastIndexOf(" ")) : path;
                line.setLength(0);
            }
        }
        return "";
    }

    private void answer(String path, OutputStream out) throws IOException {
        if (!path.startsWith("/page/")) {
            out.write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".getBytes(ISO_8859_1));
            return;
        }
        long page = Long.parseLong(path.substring("/page/".length()));
        byte[] links = links(page).getBytes(ISO_8859_1);
        byte[] text = prose[(int) (page % VARIANTS)];
        out.write("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n"
                .formatted(links.length + text.length)
                .getBytes(ISO_8859_1));
        out.write(links);
        out.write(text);
    }

    private static String links(long page) {
        StringBuilder html = new StringBuilder("<!doctype html><html lang=\"en\"><head><title>Page ")
                .append(page)
                .append("</title></head><body><nav><ul>");
        for (int i = 0; i < NAVIGATION; i++) {
            link(html, i);
        }
        html.append("</ul></nav><aside><ul>");
        for (int i = 1; i <= CHILDREN; i++) {
            link(html, CHILDREN * page + i);
        }
        return html.append("</ul></aside>").toString();
    }

    private static void link(StringBuilder html, long page) {
        html.append("<li class=\"item\"><a href=\"/page/")
                .append(page)
                .append("\">Page ")
                .append(page)
                .append("</a></li>");
    }

    /// The rest of a page: paragraphs of invented words, with the markup that pages have.
    private static String prose(SplittableRandom random) {
        StringBuilder html = new StringBuilder("<main>");
        while (html.length() < PAGE_BYTES - 2_500) {
            html.append("<div class=\"section\"><h2>").append(word(random)).append("</h2><p>");
            for (int i = 0; i < 80; i++) {
                String word = word(random);
                html.append(i % 20 == 7 ? "<em>" + word + "</em>" : word).append(i % 12 == 11 ? ". " : " ");
            }
            html.append("</p></div>\n");
        }
        return html.append("</main></body></html>").toString();
    }

    private static String word(SplittableRandom random) {
        StringBuilder word = new StringBuilder();
        for (int syllables = random.nextInt(1, 4); syllables > 0; syllables--) {
            word.append("bdfgklmnprstvz".charAt(random.nextInt(14))).append("aeiou".charAt(random.nextInt(5)));
        }
        return word.toString();
    }
}
