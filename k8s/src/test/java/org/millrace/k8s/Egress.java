package org.millrace.k8s;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.networking.v1.IPBlock;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyEgressRule;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;

/// Where the network policies let one pod connect to.
///
/// @param rules of all policies that select the pod; what one of them allows is allowed
record Egress(List<NetworkPolicyEgressRule> rules) {

    static Egress of(Manifests manifests, String service) {
        Map<String, String> labels = Objects.requireNonNull(manifests.pods().get(service), service)
                .getMetadata()
                .getLabels();
        return new Egress(manifests.all(NetworkPolicy.class).stream()
                .filter(policy -> policy.getSpec().getPolicyTypes().contains("Egress"))
                .filter(policy -> selects(policy.getSpec().getPodSelector(), labels))
                .flatMap(policy -> policy.getSpec().getEgress().stream())
                .toList());
    }

    /// An address that is none of a pod of this cluster.
    boolean reaches(String address, int port) {
        return any(port, peer -> peer.getIpBlock() != null && contains(peer.getIpBlock(), address));
    }

    /// A pod of the same namespace.
    boolean reachesPod(Map<String, String> labels, int port) {
        return any(
                port,
                peer -> peer.getPodSelector() != null
                        && peer.getNamespaceSelector() == null
                        && selects(peer.getPodSelector(), labels));
    }

    /// Any pod of a namespace.
    boolean reachesNamespace(Map<String, String> labels, int port) {
        return any(
                port,
                peer -> peer.getPodSelector() == null
                        && peer.getNamespaceSelector() != null
                        && selects(peer.getNamespaceSelector(), labels));
    }

    /// A rule without peers allows all, one without ports any.
    private boolean any(int port, Predicate<NetworkPolicyPeer> isMeant) {
        return rules.stream()
                .filter(rule -> rule.getPorts().isEmpty()
                        || rule.getPorts().stream()
                                .anyMatch(open -> Objects.equals(open.getPort().getIntVal(), port)))
                .anyMatch(
                        rule -> rule.getTo().isEmpty() || rule.getTo().stream().anyMatch(isMeant));
    }

    private static boolean selects(LabelSelector selector, Map<String, String> labels) {
        Map<String, String> wanted = Objects.requireNonNullElse(selector.getMatchLabels(), Map.of());
        return labels.entrySet().containsAll(wanted.entrySet())
                && selector.getMatchExpressions().stream().allMatch(expression -> {
                    if (!expression.getOperator().equals("In")) {
                        throw new AssertionError("operator: expected In, got " + expression.getOperator());
                    }
                    return expression.getValues().contains(labels.get(expression.getKey()));
                });
    }

    private static boolean contains(IPBlock block, String address) {
        return within(block.getCidr(), address)
                && block.getExcept().stream().noneMatch(range -> within(range, address));
    }

    private static boolean within(String cidr, String address) {
        try {
            String[] range = cidr.split("/");
            byte[] first = InetAddress.getByName(range[0]).getAddress();
            byte[] asked = InetAddress.getByName(address).getAddress();
            int free = first.length * 8 - Integer.parseInt(range[1]);
            return first.length == asked.length
                    && new BigInteger(1, first).shiftRight(free).equals(new BigInteger(1, asked).shiftRight(free));
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }
}
