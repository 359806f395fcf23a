/** One cluster that is measured. */
export interface ClusterConfig {
  readonly manager: 'delta' | 'backup';
  /** Options of the channel, or of the replicated map. */
  readonly sendOptions: number;
  readonly jvmRoute: boolean;
  readonly frequencyMs: number;
  readonly dropTimeMs: number;
}

function managerXml({ manager, sendOptions }: ClusterConfig): string {
  return manager === 'backup'
    ? `<Manager className="org.apache.catalina.ha.session.BackupManager" mapSendOptions="${sendOptions}"/>`
    : '<Manager className="org.apache.catalina.ha.session.DeltaManager" expireSessionsOnShutdown="false"/>';
}

/** A node of the cluster of Tomcat's how-to, without the deployer. */
export function serverXml(config: ClusterConfig, node: number, address: string): string {
  const { manager, sendOptions, jvmRoute, frequencyMs, dropTimeMs } = config;
  return `<Server port="-1">
  <Service name="Catalina">
    <Connector port="8080" protocol="HTTP/1.1" address="${address}" maxKeepAliveRequests="-1" keepAliveTimeout="600000"/>
    <Engine name="Catalina" defaultHost="localhost"${jvmRoute ? ` jvmRoute="n${node + 1}"` : ''}>
      <Cluster className="org.apache.catalina.ha.tcp.SimpleTcpCluster" channelSendOptions="${manager === 'backup' ? 8 : sendOptions}">
        ${managerXml(config)}
        <Channel className="org.apache.catalina.tribes.group.GroupChannel">
          <Membership className="org.apache.catalina.tribes.membership.McastService" address="228.0.0.4" port="45564"
            bind="${address}" frequency="${frequencyMs}" dropTime="${dropTimeMs}"/>
          <Receiver className="org.apache.catalina.tribes.transport.nio.NioReceiver" address="${address}" port="4000"
            autoBind="1" selectorTimeout="5000" maxThreads="6"/>
          <Sender className="org.apache.catalina.tribes.transport.ReplicationTransmitter">
            <Transport className="org.apache.catalina.tribes.transport.nio.PooledParallelSender"/>
          </Sender>
          <Interceptor className="org.apache.catalina.tribes.group.interceptors.TcpFailureDetector"/>
          <Interceptor className="org.apache.catalina.tribes.group.interceptors.MessageDispatchInterceptor"/>
        </Channel>
        <Valve className="org.apache.catalina.ha.tcp.ReplicationValve" filter=""/>
        <Valve className="org.apache.catalina.ha.session.JvmRouteBinderValve"/>
        <ClusterListener className="org.apache.catalina.ha.session.ClusterSessionListener"/>
      </Cluster>
      <Host name="localhost" appBase="webapps" autoDeploy="false"/>
    </Engine>
  </Service>
</Server>
`;
}

/** The application: nothing but the servlet, distributable. */
export const webXml = `<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="5.0">
  <distributable/>
</web-app>
`;

/** Log lines with milliseconds on standard output. */
export const loggingProperties = `handlers = java.util.logging.ConsoleHandler
.level = INFO
java.util.logging.ConsoleHandler.level = ALL
java.util.logging.ConsoleHandler.formatter = org.apache.juli.OneLineFormatter
org.apache.juli.OneLineFormatter.timeFormat = yyyy-MM-dd'T'HH:mm:ss.SSS
`;
