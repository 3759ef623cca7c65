package org.millrace.cli.runtime;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.LinkedHashMap;
import java.util.Map;

/// Which process listens where. The names are those of [Components].
public record Layout(Map<String, Integer> ports) {

    public static final String BROKER = "broker";

    public Layout {
        ports = new LinkedHashMap<>(ports);
    }

    /// The documented ports: broker 9092, services 8101 to 8108.
    public static Layout standard() {
        Map<String, Integer> ports = new LinkedHashMap<>();
        ports.put(BROKER, 9092);
        ports.put("crawler", 8101);
        ports.put("cleaner", 8102);
        ports.put("tokenizer", 8103);
        ports.put("trainer", 8104);
        ports.put("reward", 8105);
        ports.put("rollout-0", 8106);
        ports.put("inference", 8107);
        ports.put("rollout-1", 8108);
        return new Layout(ports);
    }

    /// The same processes on ports that are free now, so that several systems can run side by side.
    public static Layout free() throws IOException {
        Map<String, Integer> ports = new LinkedHashMap<>();
        Map<String, ServerSocket> held = new LinkedHashMap<>();
        try {
            for (String name : standard().ports.keySet()) {
                ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                held.put(name, socket);
                ports.put(name, socket.getLocalPort());
            }
        } finally {
            for (ServerSocket socket : held.values()) {
                socket.close();
            }
        }
        return new Layout(ports);
    }

    public int port(String component) {
        Integer port = ports.get(component);
        if (port == null) {
            throw new IllegalArgumentException("component: expected one of " + ports.keySet() + ", got " + component);
        }
        return port;
    }

    public String bootstrapServers() {
        return "127.0.0.1:" + port(BROKER);
    }
}
