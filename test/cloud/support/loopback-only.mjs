// Loaded before functions-framework, which listens on all interfaces: here it listens on 127.0.0.1 alone and says on which port.
import { Server } from 'node:net';

const { listen } = Server.prototype;

Server.prototype.listen = function loopbackListen(port, ...rest) {
  this.once('listening', () => process.send?.({ port: this.address().port }));
  const callback = rest.find((given) => typeof given === 'function');
  return listen.call(this, Number(port), '127.0.0.1', callback);
};
